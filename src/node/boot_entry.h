// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/facts.h"
#include "disk/layout.h"

#include <cstdint>
#include <functional>
#include <string>

namespace cairn::node {

// Has UEFI start this disk first; does nothing on a machine that was started by BIOS. What fails is only told: the
// firmware then takes the removable path, which leads to the same loader.
void try_put_boot_entry(const disk::PlannedPartition& esp, std::uint32_t sector_size,
                        const std::function<void(const std::string&)>& warn);
// The same for a disk as it is.
void try_put_boot_entry(const disk::DiskFacts& disk, const disk::SystemPaths& system,
                        const std::function<void(const std::string&)>& warn);

}  // namespace cairn::node
