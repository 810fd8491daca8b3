// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"

#include <vector>

// What all commands have in common after which the machine may start again.
namespace cairn::cmd {

// `own` options of a command, then --reboot and --poweroff.
std::vector<Option> with_restart_options(std::vector<Option> own);
// Does what they say; returns the exit status.
int restart_as_told(const Arguments& arguments);

}  // namespace cairn::cmd
