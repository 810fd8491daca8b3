// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/boot_request.h"
#include "node/boot_state.h"
#include "node/root_tools.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace cairn::node {

// Where things are in the initramfs; tests give other places.
struct LiveRootPaths {
  std::filesystem::path disks = "/dev/disk/by-uuid";     // links that udev makes
  std::filesystem::path initramfs = "/";                 // holds the netboot set's files
  std::filesystem::path medium = "/run/initramfs/live";  // where a medium is mounted
  std::filesystem::path run = "/run/cairn";              // rootfs, overlay, state.json
  std::filesystem::path sysroot = "/sysroot";            // what becomes the root
  std::filesystem::path sentinels = "/run";              // where Elemental's marks of the mode go
};

// Makes the root of a live or network boot at `paths.sysroot`: waits for the medium, checks its manifest, mounts the
// squashfs and over it an overlay that keeps changes in memory, and writes the state file. On any error nothing stays
// mounted. `version` is this program's, for the record.
BootState mount_live_root(const BootRequest& request, const LiveRootPaths& paths, std::string_view version,
                          const RootTools& tools);

// The manifest in the root of a medium mounted at `medium`; checks that it is the medium that was booted (`request`),
// and that the squashfs beside it has the size it had when the medium was written.
MediumManifest check_medium(const BootRequest& request, const std::filesystem::path& medium);

}  // namespace cairn::node
