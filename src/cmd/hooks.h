// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "node/hooks.h"
#include "node/operation.h"

namespace cairn::cmd {

// Hooks as --strict and --hook-path say: without --strict their failures are warnings in the operation's record. All
// arguments outlive the result.
node::Hooks make_hooks(const Arguments& arguments, Session& session, node::Operation& operation);

}  // namespace cairn::cmd
