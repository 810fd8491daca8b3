// SPDX-License-Identifier: Apache-2.0
#include "node/status.h"

#include "cmd/commands.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session&) {
  const node::NodeStatus status = node::get_status({}, CAIRN_VERSION);
  fmt::print("{}", arguments.has("json") ? to_pretty_text(node::to_json(status)) : node::to_text(status));
  return 0;
}

}  // namespace

Subcommand status() {
  return {
      .name = "status",
      .summary = "show what this machine runs and how it was booted",
      .description = "Shows the image this system was booted from, by its digest, and the medium it came on.",
      .example = "cairn status --json",
      .positionals = {},
      .options = {{.names = "--json", .value = "", .help = "Print a JSON object."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
