// SPDX-License-Identifier: Apache-2.0
#include "node/upgrade.h"

#include "core/text.h"
#include "core/utc.h"
#include "node/reasons.h"

namespace cairn::node {
namespace {

UpgradeResult replace_recovery(const Machine& machine, ImageSystem& system, std::string_view version, Effects& effects,
                               Clock& clock, const MachinePaths& paths) {
  Volume esp(machine, disk::Role::esp, Volume::Access::read_write, paths);
  Volume partition(machine, disk::Role::recovery, Volume::Access::read_write, paths);
  boot::BootStateStore boot(esp.path() / "cairn", effects);
  snapshot::SnapshotStore store(partition.path(), effects);
  const snapshot::Number fresh =
      replace_recovery_system(boot, store, system.content(version, format_utc(clock.wall())));
  partition.close();
  esp.close();
  return {.snapshot = fresh};
}

}  // namespace

void check_upgrade(const UpgradeSpec& spec, const BootState& booted, const oci::Image& image) {
  require_machine(image.config().platform, image.spec().to_text(), spec.machine);
  const auto created = parse_utc(image.config().created);
  const auto booted_created = parse_utc(booted.image.created);
  if (created && booted_created && !spec.allow_downgrade && *created < *booted_created) {
    throw Error(reason::kDowngrade, "the image {} was made at {}, the booted one at {}", image.spec().to_text(),
                format_utc(*created), format_utc(*booted_created));
  }
}

UpgradeResult upgrade(const UpgradeSpec& spec, const Machine& machine, ImageSystem& system, std::string_view version,
                      Effects& effects, Clock& clock, const Hooks& hooks, const MachinePaths& paths) {
  const BootState::Installed& installed = machine.installed();
  check_upgrade(spec, *machine.boot, system.image());
  if (spec.recovery) return replace_recovery(machine, system, version, effects, clock, paths);
  Volume esp(machine, disk::Role::esp, Volume::Access::read_write, paths);
  Volume partition(machine, disk::Role::state, Volume::Access::read_write, paths);
  boot::BootStateStore boot(esp.path() / "cairn", effects);
  snapshot::SnapshotStore state(partition.path(), effects);
  const std::string& digest = system.image().digest().text();
  const boot::BootState now = boot.current();
  const bool is_active = now.active == installed.snapshot && state.manifest(now.active).digest == digest;
  if (is_active && !spec.force) return {.outcome = UpgradeResult::Outcome::nothing_to_do, .snapshot = now.active};
  if (spec.retry) state.allow(digest);
  hooks.before("upgrade");
  SystemContent content = system.content(version, format_utc(clock.wall()));
  content.check = [&](const auto& directory) {
    run_after_hooks(
        hooks, "upgrade", directory,
        {.oem = paths.mount_point(disk::Role::oem),
         .persistent = machine.mode() == BootMode::recovery ? std::nullopt
                                                            : std::optional(paths.mount_point(disk::Role::persistent)),
         .esp = esp.path()});
  };
  const snapshot::Number fresh = upgrade_system({boot, state}, content, installed.snapshot, spec.policy);
  partition.close();
  esp.close();
  hooks.post("upgrade");
  return {.snapshot = fresh};
}

}  // namespace cairn::node
