// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "rootfs/squashfs_writer.h"

#include <vector>

// What all commands that write a squashfs have in common.
namespace cairn::cmd {

// `own` options of a command, then those about the squashfs.
std::vector<Option> with_squashfs_options(std::vector<Option> own);

// Throws reason::kUsage.
rootfs::SquashfsOptions make_squashfs_options(const Arguments& arguments);

}  // namespace cairn::cmd
