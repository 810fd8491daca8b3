// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cairn::node {

// A kernel that is installed in a root tree.
struct InstalledKernel {
  std::string version;          // the folder's name in usr/lib/modules
  std::filesystem::path image;  // below the root, without a leading slash: "boot/vmlinuz-6.1.0"
};

// Kernels with modules and an image, newest first. Throws reason::kNoKernel when there is none, saying where was
// looked.
std::vector<InstalledKernel> get_installed_kernels(const std::filesystem::path& root);

// Throws reason::kMissingDrivers naming the drivers without which no medium boots and that this kernel neither has as
// modules nor built in.
void check_drivers(const std::filesystem::path& root, const std::string& version);

}  // namespace cairn::node
