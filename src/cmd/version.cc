// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "core/json.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session&) {
  if (arguments.has("json")) {
    fmt::print("{}", to_pretty_text(json::object{{"version", CAIRN_VERSION}}));
  } else {
    fmt::print("cairn {}\n", CAIRN_VERSION);
  }
  return 0;
}

}  // namespace

Subcommand version() {
  return {
      .name = "version",
      .summary = "print the version",
      .description = "Prints the version of this program.",
      .example = "cairn version --json",
      .positionals = {},
      .options = {{.names = "--json", .value = "", .help = "Print a JSON object."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
