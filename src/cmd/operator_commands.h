// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"

namespace cairn::cmd {

// The commands of cairn-operator, one function a file of this folder.
Subcommand operator_run();

}  // namespace cairn::cmd
