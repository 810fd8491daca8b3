// SPDX-License-Identifier: Apache-2.0
#include "node/upgrade.h"

#include "cmd/commands.h"
#include "cmd/hooks.h"
#include "cmd/image_options.h"
#include "cmd/node_options.h"
#include "cmd/restart.h"
#include "core/effects.h"
#include "core/reasons.h"
#include "node/operation.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

// Layers wait on the partition that is large, and go on from there when the link broke.
constexpr const char* kCache = "/var/lib/cairn/cache";

int run(const Arguments& typed, Session& session) {
  const Arguments arguments = with_configuration("upgrade", typed);
  if (!arguments.has("IMAGE")) {
    throw Error(reason::kUsage, "no image is named, neither here nor as upgrade.system in the configuration");
  }
  const node::NodeLock lock = take_node_lock(arguments, session);
  const node::Machine machine = node::get_machine();
  machine.installed();
  const node::UpgradeSpec spec{.recovery = arguments.has("recovery"),
                               .allow_downgrade = arguments.has("allow-downgrade"),
                               .retry = arguments.has("retry"),
                               .force = arguments.has("force"),
                               .policy = {.tries = 3, .passives = systems_to_keep(arguments) - 1}};
  node::Operation operation("upgrade", node::Operation::Durability::durable,
                            {.effects = system_effects(), .clock = system_clock(), .shown = session.progress});
  operation.set_image(arguments.get("IMAGE"));
  const bool is_new = operation.run([&] {
    auto options = make_source_options(arguments, session);
    if (!options.cache_directory) options.cache_directory = kCache;
    node::ImageSystem system(
        oci::Image::open(oci::SourceSpec::parse(arguments.get("IMAGE")), find_platform(arguments), options), {},
        operation, session.stop);
    const auto result = node::upgrade(spec, machine, system, CAIRN_VERSION, system_effects(), system_clock(),
                                      make_hooks(arguments, session, operation));
    operation.finish();
    const std::string digest = system.image().digest().text();
    if (result.outcome == node::UpgradeResult::Outcome::nothing_to_do) {
      fmt::print("{} is booted and active already\n", digest);
      return false;
    }
    fmt::print("{} is {} {}\n", digest, spec.recovery ? "the recovery system, snapshot" : "staged as snapshot",
               result.snapshot);
    return true;
  });
  if (!is_new) return 0;
  return restart_as_told(arguments);
}

}  // namespace

Subcommand upgrade() {
  return {
      .name = "upgrade",
      .summary = "write another image beside the booted system, to start next",
      .description =
          "Fetches the image, writes it as a new snapshot, reads it back, and only then lets the loader start "
          "it. If it does not come up, the loader takes the system that runs now. Interrupted downloads go on.",
      .example = "cairn upgrade registry.example.org/os:2 --reboot",
      .positionals = {{.name = "IMAGE",
                       .help = "HOST/NAME:TAG, best with its digest; oci:DIR, oci-archive:FILE. Else as configured.",
                       .need = Positional::Need::optional}},
      .options = with_operation_options(with_image_options(with_restart_options({
          {.names = "--recovery", .value = "", .help = "Replace the recovery system instead."},
          {.names = "--allow-downgrade", .value = "", .help = "Take an image that is older than the booted one."},
          {.names = "--retry", .value = "", .help = "Take an image that failed on this machine before."},
          {.names = "--keep",
           .value = "N",
           .help = "Keep so many systems, the new one among them; at least 2.",
           .fallback = "3"},
          {.names = "--force", .value = "", .help = "Write the image although it is booted already."},
      }))),
      .run = run,
  };
}

}  // namespace cairn::cmd
