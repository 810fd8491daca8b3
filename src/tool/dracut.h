// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <filesystem>
#include <string>

namespace cairn::tool {

// An initramfs to make with the dracut of a root tree, as that tree's configuration says.
struct Initramfs {
  std::filesystem::path root;    // "/", or a tree to change root into
  std::string kernel;            // version: a folder in usr/lib/modules
  std::filesystem::path output;  // absolute inside the root; replaced
  bool zstd = false;             // else what dracut finds
};

// Same tree, same bytes. Throws reason::kToolFailed with dracut's last lines.
void make_initramfs(const Initramfs& initramfs, Runner& runner, const std::stop_token& stop = {});

}  // namespace cairn::tool
