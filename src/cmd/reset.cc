// SPDX-License-Identifier: Apache-2.0
#include "node/reset.h"

#include "cmd/commands.h"
#include "cmd/hooks.h"
#include "cmd/node_options.h"
#include "cmd/restart.h"
#include "core/effects.h"
#include "node/grow.h"
#include "node/operation.h"
#include "node/reasons.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& typed, Session& session) {
  const Arguments arguments = with_configuration("reset", typed);
  const node::NodeLock lock = take_node_lock(arguments, session);
  const node::Machine machine = node::get_machine();
  machine.installed();
  node::ResetSpec spec{.request = {.persistent = !arguments.has("keep-persistent"),
                                   .oem = arguments.has("wipe-oem"),
                                   .boot_entry = !arguments.has("no-boot-entry")}};
  const bool recovery = machine.mode() == node::BootMode::recovery;
  if (!recovery && typed.has("cloud-config")) {
    throw Error(node::reason::kNotRecovery, "--cloud-config can't be kept for a reset that is only asked for");
  }
  if (arguments.has("requested")) {
    const auto tell = [](const std::string& line) { fmt::print("{}\n", line); };
    const auto request = node::take_reset_request(machine, system_effects(), tell);
    if (!request) return 0;
    spec.request = *request;
  }
  for (const std::string& file : arguments.all("cloud-config")) spec.cloud_configs.emplace_back(file);
  node::Operation operation("reset", node::Operation::Durability::durable,
                            {.effects = system_effects(), .clock = system_clock(), .shown = session.progress});
  operation.run([&] {
    if (recovery) {
      const node::Machine whole = node::with_all_partitions(
          machine, {.effects = system_effects(), .clock = system_clock(), .stop = session.stop});
      node::reset(spec, whole, CAIRN_VERSION, system_effects(), system_clock(), operation, session.stop,
                  make_hooks(arguments, session, operation));
    } else {
      operation.step("asking recovery for it");
      node::request_reset(spec.request, machine, system_effects());
    }
    operation.finish();
  });
  fmt::print("{}\n", recovery ? "this machine is as it was when it was installed"
                              : "recovery starts next and resets this machine");
  return restart_as_told(arguments);
}

}  // namespace

Subcommand reset() {
  return {
      .name = "reset",
      .summary = "bring this machine back to the state in which it was installed",
      .description =
          "In the installed system: asks for a reset, which recovery does at the next start. In recovery: makes "
          "the state and persistent partitions anew and installs the recovery's own system.",
      .example = "cairn reset --reboot",
      .positionals = {},
      .options = with_operation_options(with_restart_options({
          {.names = "--keep-persistent", .value = "", .help = "Leave the machine's data as they are."},
          {.names = "--wipe-oem", .value = "", .help = "Wipe the machine's configuration, too."},
          {.names = "--cloud-config",
           .value = "FILE",
           .help = "In recovery: put this file into the system's configuration.",
           .repeat = Option::Repeat::many},
          {.names = "--no-boot-entry", .value = "", .help = "Leave the boot menu of UEFI as it is."},
          {.names = "--requested",
           .value = "",
           .help = "In recovery: only if a reset was asked for. Elsewhere: take back what recovery did not do."},
      })),
      .run = run,
  };
}

}  // namespace cairn::cmd
