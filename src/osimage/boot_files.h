// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/tree.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::osimage {

// A kernel of an image with the initramfs of the same version; paths are in the image, without a leading slash.
struct BootFiles {
  std::string version;  // the folder's name in usr/lib/modules
  std::string kernel;
  std::string initramfs;
};

// What a tree has of each kernel, newest version first; members that are missing are empty.
std::vector<BootFiles> find_kernels(const rootfs::Tree& tree);

// The newest version that has both. Throws reason::kNotBootable saying what is missing of which version, and where it
// was looked for.
BootFiles get_boot_files(const rootfs::Tree& tree);

// Orders versions as people mean them: "6.1.0-9" comes before "6.1.0-10". Negative, 0 or positive.
int compare_versions(std::string_view left, std::string_view right);

}  // namespace cairn::osimage
