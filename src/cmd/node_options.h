// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "node/machine.h"

#include <vector>

// What all commands that change a machine have in common.
namespace cairn::cmd {

// `own` options of a command, then --wait.
std::vector<Option> with_node_options(std::vector<Option> own);
// `own` options of install, upgrade or reset, then those about configuration and hooks, and those of with_node_options.
std::vector<Option> with_operation_options(std::vector<Option> own);
// What was typed, with what the configuration says for this command beside it. Tells what has no effect.
Arguments with_configuration(std::string_view command, const Arguments& typed);
// How many systems stay on the disk, the one that starts next among them: --keep, at least 2.
unsigned systems_to_keep(const Arguments& arguments);
// Waits for its turn as long as --wait says. From then on what the command mounts goes with it, however it ends.
node::NodeLock take_node_lock(const Arguments& arguments, const Session& session);

}  // namespace cairn::cmd
