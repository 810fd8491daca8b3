// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/boot_request.h"
#include "node/boot_state.h"
#include "node/machine.h"
#include "node/root_tools.h"

#include <filesystem>
#include <string_view>

namespace cairn::node {

// Where things are in the initramfs; tests give other places.
struct InstalledRootPaths {
  MachinePaths machine = {};                   // `oem` is where it will be in the new root
  std::filesystem::path links = "/dev/disk";   // by-partuuid and the like, made by udev
  std::filesystem::path sysroot = "/sysroot";  // what becomes the root
  std::filesystem::path sentinels = "/run";    // where Elemental's marks of the mode go
};

// Makes the root of an installed system at `paths.sysroot` (docs/formats/mounts.md): the snapshot's squashfs,
// read-only; what changes in memory; what lasts from COS_PERSISTENT; and writes the record. Only what a system can't
// start without is an error: its file system, its snapshot, its squashfs; then nothing stays mounted. Anything else
// that fails is said and in the record's `failed_volumes`.
BootState mount_installed_root(const BootRequest& request, const disk::DiskFacts& disk, const InstalledRootPaths& paths,
                               std::string_view version, const RootTools& tools);

}  // namespace cairn::node
