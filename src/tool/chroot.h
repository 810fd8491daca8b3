// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <filesystem>

namespace cairn::tool {

// The same command with another root: as it is for "/", else run by chroot(1), which needs root. A working directory
// counts from the new root's top.
Command in_root(const std::filesystem::path& root, Command command);

}  // namespace cairn::tool
