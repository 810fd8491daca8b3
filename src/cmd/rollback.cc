// SPDX-License-Identifier: Apache-2.0
#include "node/rollback.h"

#include "cmd/commands.h"
#include "cmd/node_options.h"
#include "cmd/restart.h"
#include "core/reasons.h"
#include "core/text.h"
#include "node/machine.h"
#include "node/operation.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

using node::Volume;

std::optional<boot::SnapshotNumber> wanted(const Arguments& arguments) {
  const auto text = arguments.find("N");
  if (!text) return std::nullopt;
  const auto number = parse_number(*text);
  if (!number || *number < 1 || *number > boot::kMaxSnapshot) {
    throw Error(reason::kUsage, "\"{}\" is not the number of a snapshot", printable(*text, 40))
        .set_remedy("Run `cairn status` to see which there are.");
  }
  return static_cast<boot::SnapshotNumber>(*number);
}

int run(const Arguments& arguments, Session& session) {
  const auto to = wanted(arguments);
  const node::Machine machine = node::get_machine();
  // In recovery, too: there it is a way back to a system that starts.
  const node::BootState::Installed& installed = machine.installed();
  const bool from_recovery = machine.mode() == node::BootMode::recovery;
  const node::NodeLock lock = take_node_lock(arguments, session);
  node::Operation operation("rollback", node::Operation::Durability::durable,
                            {.effects = system_effects(), .clock = system_clock(), .shown = session.progress});
  const node::RollbackResult result = operation.run([&] {
    Volume esp(machine, disk::Role::esp, Volume::Access::read_write);
    Volume state(machine, disk::Role::state, Volume::Access::read_only);
    boot::BootStateStore states(esp.path() / "cairn", system_effects());
    const snapshot::SnapshotStore snapshots(state.path(), system_effects());
    auto applied =
        node::apply_rollback({.to = to, .booted = from_recovery ? 0 : installed.snapshot}, states, snapshots);
    operation.set_image(applied.manifest.reference.empty() ? applied.manifest.digest : applied.manifest.reference);
    state.close();
    esp.close();
    return applied;
  });
  fmt::print("{}", node::to_text(result));
  std::fflush(stdout);
  return restart_as_told(arguments);
}

}  // namespace

Subcommand rollback() {
  return {
      .name = "rollback",
      .summary = "make an older system start next",
      .description =
          "Makes the snapshot N active, or else the newest that is kept to fall back to; after a start of an older one "
          "by hand, that one. Checks that its files are complete, and says what starts next. The system that was "
          "active "
          "is kept if it had been vouched for.",
      .example = "cairn rollback --reboot",
      .positionals = {{.name = "N", .help = "Number of the snapshot.", .need = Positional::Need::optional}},
      .options = with_node_options({{.names = "--reboot", .value = "", .help = "Restart the machine at once."}}),
      .run = run,
  };
}

}  // namespace cairn::cmd
