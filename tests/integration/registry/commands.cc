// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"

namespace cairn::cmd {

std::vector<Subcommand> all_commands() { return {image_inspect(), image_copy()}; }

}  // namespace cairn::cmd
