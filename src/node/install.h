// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/progress.h"
#include "disk/apply.h"
#include "disk/facts.h"
#include "node/hooks.h"
#include "node/image_system.h"
#include "node/medium_system.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::node {

// What a person or a file asks for.
struct InstallSpec {
  std::string target;                                // "/dev/sda"; empty or "auto": the only disk that will do
  std::vector<std::filesystem::path> cloud_configs;  // go to OEM as 90_custom.yaml, 91_custom.yaml, ... in this order
  disk::LayoutSpec layout = {};                      // system_size is set
  bool boot_entry = true;                            // in the firmware's menu, under UEFI
  bool force = false;                                // over a disk that holds an OS of ours
  unsigned tries = 3;                                // starts of the first system before the loader takes recovery
};

// What will be done: nothing is written to make it.
struct InstallPlan {
  disk::DiskFacts disk;
  disk::DiskLayout layout;
};

// Chooses the disk and lays it out. Throws reason::kNoTarget naming the disks there are and why each will not do,
// reason::kHoldsSystem, disk::reason::kDiskInUse, kDiskReadOnly, kDiskTooSmall, kNoDisk.
InstallPlan plan_install(const InstallSpec& spec, const std::vector<disk::DiskFacts>& disks, std::uint64_t system_size,
                         disk::GuidSource& guids);
// The plan for people: the disk, what is on it, what it gets.
std::string to_text(const InstallPlan& plan);

struct InstallTools {
  Effects& effects;
  Clock& clock;
  Progress& progress;
  std::stop_token stop = {};
  Hooks hooks = {};
  // Written in place of the medium's system; they are used up.
  ImageSystem* system = nullptr;
  ImageSystem* recovery = nullptr;
  std::filesystem::path work = "/run/cairn/install";  // mount points are made in it
};

// Writes the disk: layout, systems, loaders; the loader of BIOS and the boot state come last, so that a disk whose
// install was cut short does not boot. `version` is this program's.
void install(const InstallSpec& spec, const InstallPlan& plan, const MediumSystem& system, std::string_view version,
             const InstallTools& tools);

}  // namespace cairn::node
