// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/effects.h"
#include "node/machine.h"

#include <stop_token>
#include <string>
#include <vector>

// A machine whose disk is larger than what was made for it (docs/formats/disk.md, "Growing"): from an image of
// `cairn build disk`, or a virtual one whose disk was enlarged.
namespace cairn::node {

struct GrowTools {
  Effects& effects;
  Clock& clock;
  std::stop_token stop = {};
};

// Makes each thing as large as what holds it: the table as the disk, the last partition as the table, the ext4 of
// `recovery` and `persistent` as their partitions, all while they are in use. Returns a line for people for each that
// grew; none if nothing had to. Cut short, it goes on when it is called again. Throws disk::reason::kDiskTooSmall, and
// reason::kNotRecovery when STATE is missing in another mode.
std::vector<std::string> grow(const Machine& machine, const GrowTools& tools, const MachinePaths& paths = {});

// In recovery of a disk without STATE: adds the partitions that are missing. Returns the machine with them; elsewhere
// the same machine.
Machine with_all_partitions(Machine machine, const GrowTools& tools, const MachinePaths& paths = {});

}  // namespace cairn::node
