// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::node {

// A stage of cloud-config that runs around an operation (docs/installing.md, "Hooks").
struct Hook {
  std::string stage;                             // "after-install-chroot"
  std::filesystem::path root = "/";              // the system it changes
  std::vector<std::filesystem::path> more = {};  // where else cloud-config lies
};

// What runs hooks; what they throw ends the operation.
struct Hooks {
  std::function<void(const Hook& hook)> run = {};                  // none: there are no hooks
  std::function<void(const std::string& warning)> warn = {};       // what is told and stops nothing
  std::function<void(const std::exception& problem)> failed = {};  // a new root could not be made; may throw it again
  std::filesystem::path work = "/run/cairn/hook";                  // mount points are made in it

  void before(std::string_view operation) const;
  void post(std::string_view operation) const;
};

// Where the file systems of the machine are that a new system will have.
struct HookVolumes {
  std::filesystem::path oem;
  std::optional<std::filesystem::path> persistent = std::nullopt;
  std::optional<std::filesystem::path> esp = std::nullopt;
  bool oem_is_new = false;  // its cloud-config is not at /oem of the running system, too
};

// Runs the two hooks after a system was written, and before anything names it: the chroot one in its root, with OEM at
// /oem, PERSISTENT at /run/elemental/persistent and the ESP at /run/elemental/efi, then the one of the running system.
// A root tree never changes: what a hook changes there goes away with an overlay in memory, and is told as a warning.
void run_after_hooks(const Hooks& hooks, std::string_view operation, const std::filesystem::path& snapshot,
                     const HookVolumes& volumes);

}  // namespace cairn::node
