// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"

namespace cairn::cmd {

// One function a file of this folder.
Subcommand build_disk();
Subcommand build_iso();
Subcommand build_netboot();
Subcommand errors();
Subcommand grow();
Subcommand health();
Subcommand image_copy();
Subcommand image_inspect();
Subcommand image_squashfs();
Subcommand image_unpack();
Subcommand init();
Subcommand install();
Subcommand lint();
Subcommand man();
Subcommand mount();
Subcommand reset();
Subcommand rollback();
Subcommand stage_lint();
Subcommand stage_run();
Subcommand status();
Subcommand upgrade();
Subcommand version();

// All of them, in the order of help.
std::vector<Subcommand> all_commands();

}  // namespace cairn::cmd
