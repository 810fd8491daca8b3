// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/facts.h"
#include "node/installed_root.h"

#include <filesystem>
#include <string>

namespace cairn::node {

// The disk that `request` names, once it is there. Of byte copies it is the one that the loader marked
// (docs/formats/bootstate.md, "A byte copy of the disk"). Throws reason::kNoMedium, disk::reason::kDiskTwice.
disk::DiskFacts wait_for_boot_disk(const BootRequest& request, const InstalledRootPaths& paths, const RootTools& tools);

// The mark in the root of a mounted ESP; empty if there is none.
std::string read_twin_mark(const std::filesystem::path& esp);

}  // namespace cairn::node
