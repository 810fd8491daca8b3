// SPDX-License-Identifier: Apache-2.0
#include "node/health.h"

#include "cmd/commands.h"
#include "node/machine.h"
#include "node/reasons.h"
#include "tool/systemd.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

using node::Volume;

constexpr std::chrono::seconds kLockWait{60};  // an upgrade may be on its way; its last steps are short

void with_stores(const node::Machine& machine, const std::stop_token& stop,
                 const std::function<void(const node::GateStores&)>& body) {
  const node::NodeLock lock({.limit = kLockWait, .clock = system_clock(), .stop = stop});
  Volume esp(machine, disk::Role::esp, Volume::Access::read_write);
  Volume state(machine, disk::Role::state, Volume::Access::read_write);
  boot::BootStateStore states(esp.path() / "cairn", system_effects());
  snapshot::SnapshotStore snapshots(state.path(), system_effects());
  body({states, snapshots});
  state.close();
  esp.close();
}

node::HealthSpec make_spec(const node::BootState* boot) {
  node::HealthSpec spec;
  if (boot == nullptr) return spec;
  spec.image_created = boot->image.created;
  if (boot->mode == node::BootMode::active || boot->mode == node::BootMode::passive) {
    const node::MachinePaths paths;
    spec.state = paths.mount_point(disk::Role::state);
    spec.persistent = paths.mount_point(disk::Role::persistent);
  }
  return spec;
}

node::HealthTools make_tools(const Arguments& arguments, const Session& session) {
  const bool quiet = arguments.has("json");
  const auto tell = [quiet](const node::CheckResult& check) {
    if (quiet) return;
    fmt::print("{:<9} {} ({:.1f} s){}{}\n", to_string(check.outcome), check.name,
               std::chrono::duration<double>(check.duration).count(), check.why.empty() ? "" : ": ", check.why);
    std::fflush(stdout);
  };
  return {.runner = system_runner(), .clock = system_clock(), .tell = tell, .stop = session.stop};
}

int only_check(const Arguments& arguments, const Session& session) {
  const auto boot = node::find_boot_state(node::MachinePaths().state_file());
  const node::HealthReport report =
      node::run_health_checks(make_spec(boot ? &*boot : nullptr), make_tools(arguments, session));
  if (arguments.has("json"))
    fmt::print("{}", to_pretty_text(node::to_json({.healthy = report.healthy(), .why = report.why()}, report)));
  if (!report.healthy()) throw Error(node::reason::kUnhealthy, "{}", report.why());
  return 0;
}

int run(const Arguments& arguments, Session& session) {
  if (arguments.has("only-check")) return only_check(arguments, session);
  const node::Machine machine = node::get_machine();
  node::GateSpec spec{.checks = make_spec(machine.boot ? &*machine.boot : nullptr), .subject = std::nullopt};
  spec.checks.overdue = arguments.has("overdue");
  if (machine.boot) spec.digest = machine.boot->image.digest;
  if (machine.mode() == node::BootMode::active || machine.mode() == node::BootMode::passive) {
    spec.subject = {.booted = machine.installed().snapshot, .fallback = machine.installed().fallback};
  }
  const node::GateResult result = node::run_gate(spec, make_tools(arguments, session),
                                                 [&](const auto& body) { with_stores(machine, session.stop, body); });
  fmt::print("{}", arguments.has("json") ? to_pretty_text(node::to_json(result.record, result.report))
                                         : node::to_text(result));
  if (result.restart && !arguments.has("no-reboot")) tool::shut_down(tool::Shutdown::reboot, system_runner());
  if (!result.record.healthy) throw Error(node::reason::kUnhealthy, "{}", result.record.why);
  if (!result.problem.empty()) throw Error(node::reason::kNoVerdict, "{}", result.problem);
  return 0;
}

}  // namespace

Subcommand health() {
  return {
      .name = "health",
      .summary = "check this system, and vouch for it or leave it",
      .description =
          "Runs the built-in checks (units of systemd, room on the disk, the clock) and the programs in "
          "/usr/lib/cairn/health.d, /etc/cairn/health.d and /oem/health.d. A new snapshot that passes starts without "
          "counting from now on; one that fails is refused and the machine restarts with the one before. A service "
          "runs this once after every start. The verdict is kept in /var/lib/cairn/health.json; "
          "docs/formats/health.md has the rules.",
      .example = "cairn health --only-check",
      .positionals = {},
      .options = {{.names = "--only-check", .value = "", .help = "Check, and change nothing. Needs no root."},
                  {.names = "--no-reboot", .value = "", .help = "Leave the restart after a bad verdict to others."},
                  {.names = "--overdue",
                   .value = "",
                   .help = "The start takes too long: what still starts has failed."},
                  {.names = "--json", .value = "", .help = "Print the record as a JSON object."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
