// SPDX-License-Identifier: Apache-2.0
#include "node/grow.h"

#include "cmd/commands.h"
#include "cmd/node_options.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  const node::NodeLock lock = take_node_lock(arguments, session);
  const auto lines =
      node::grow(node::get_machine(), {.effects = system_effects(), .clock = system_clock(), .stop = session.stop});
  for (const std::string& line : lines) fmt::print("{}\n", line);
  return 0;
}

}  // namespace

Subcommand grow() {
  return {
      .name = "grow",
      .summary = "let this machine use all of its disk",
      .description =
          "Where the disk is larger than what was made for it, because an image was copied to it or a virtual disk was "
          "enlarged: makes the persistent partition longer while it is in use, and file systems as large as their "
          "partitions. In recovery it adds partitions that an image of `cairn build disk --grow` lacks. A service "
          "does it at every start. Prints what grew; nothing where nothing has room to.",
      .example = "cairn grow",
      .positionals = {},
      .options = with_node_options({}),
      .run = run,
  };
}

}  // namespace cairn::cmd
