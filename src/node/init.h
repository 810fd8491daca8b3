// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::node {

// What to turn into a system that boots.
struct InitSpec {
  std::filesystem::path root = "/";
  std::filesystem::path program = "/proc/self/exe";  // becomes /usr/bin/cairn of the root, unless it is that already
  bool initramfs = true;                             // make it, for each kernel
  std::stop_token stop = {};
};

struct InitResult {
  std::vector<std::string> written;  // paths inside the root, only those that were not there with this content
  std::vector<std::string> removed;  // initramfs of the distribution
};

// Installs into a root tree all that a node needs, and makes the initramfs. What is missing for it is found out before
// anything is written; each file appears complete or not at all. A second time changes nothing but the initramfs.
// Throws reason::kNoKernel, kMissingDrivers, kNoDracut, and kToolFailed with dracut's last lines.
InitResult init_root(const InitSpec& spec, Runner& runner);

// Throws reason::kNotInImage on a machine that runs systemd from this very root: there, `init` would change a live
// system.
void check_inside_image(const std::filesystem::path& root);

}  // namespace cairn::node
