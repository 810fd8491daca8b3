// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/file.h"

#include <filesystem>
#include <string>

namespace cairn::cmd {

inline constexpr const char* kKernelCmdline = "/proc/cmdline";

// The kernel's command line, or what a file has in its place; far more than any kernel takes is refused.
inline std::string read_kernel_cmdline(const std::filesystem::path& file = kKernelCmdline) {
  return read_file(file, 64 * 1024);
}

}  // namespace cairn::cmd
