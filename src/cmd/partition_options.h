// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "disk/layout.h"

#include <vector>

namespace cairn::cmd {

// `own` options of a command, then those about the sizes of partitions.
std::vector<Option> with_partition_options(std::vector<Option> own);
// Throws reason::kUsage; that all fits on a disk is not asked here.
disk::LayoutSpec make_layout_spec(const Arguments& arguments);

}  // namespace cairn::cmd
