// SPDX-License-Identifier: Apache-2.0
#include "node/reset.h"

#include "boot/env_block.h"
#include "core/effects.h"
#include "core/file.h"
#include "core/utc.h"
#include "disk/guid.h"
#include "disk/mount.h"
#include "node/asked_reset.h"
#include "node/boot_entry.h"
#include "node/cloud_configs.h"
#include "node/effect_files.h"
#include "node/reasons.h"
#include "tool/filesystem.h"

#include <fmt/ranges.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::Role;

// A file system as `cairn install` makes it, with an identity of its own.
void make_filesystem(const disk::PartitionFacts& partition, Role role, const std::string& label, Effects& effects,
                     const std::stop_token& stop) {
  disk::RandomGuids guids;
  Command command = tool::make_filesystem_command(partition.device, {.type = "ext4",
                                                                     .label = label,
                                                                     .uuid = guids.make(disk::to_string(role)).text(),
                                                                     .where = {.offset = 0, .size = partition.size}});
  command.stop = stop;
  effects.run(command);
}

std::string label_of(const disk::PartitionFacts& partition, const char* otherwise) {
  return partition.content && !partition.content->label.empty() ? partition.content->label : otherwise;
}

// The recovery's own system, as it lies on its partition.
SystemContent own_system(const snapshot::SnapshotStore& recovery, snapshot::Number number, std::string_view version,
                         const Clock& clock, const std::stop_token& stop) {
  SystemContent content;
  content.identity = recovery.manifest(number);
  const fs::path folder = recovery.directory(number);
  for (const snapshot::FileRecord& record : content.identity.files) {
    content.files.push_back(
        {.name = record.path, .room = record.size, .fill = [path = folder / record.path, stop](auto& file) {
           FileSource source(path);
           from_source("", 0, source, stop).fill(file);
         }});
  }
  content.words = [path = folder / "cmdline"] {
    const std::string block = read_file(path, 16 * 1024);
    const auto variables = boot::parse_env_block(block);
    if (!variables || variables->empty()) {
      throw Error(reason::kBadState, "{} is no environment block", path.string());
    }
    return variables->front().second;
  };
  content.identity.files.clear();
  content.identity.cairn = std::string(version);
  content.identity.created = format_utc(clock.wall());
  return content;
}

}  // namespace

void request_reset(const boot::ResetRequest& request, const Machine& machine, Effects& effects,
                   const MachinePaths& paths) {
  machine.installed();
  const Volume oem(machine, Role::oem, Volume::Access::read_write, paths);
  Volume esp(machine, Role::esp, Volume::Access::read_write, paths);
  boot::BootStateStore boot(esp.path() / "cairn", effects);
  EffectFiles oem_files(effects, oem.path());
  ask_for_reset(request, boot, oem_files);
  esp.close();
}

std::optional<boot::ResetRequest> take_reset_request(const Machine& machine, Effects& effects,
                                                     const std::function<void(const std::string&)>& tell,
                                                     const MachinePaths& paths) {
  machine.installed();
  const Volume oem(machine, Role::oem, Volume::Access::read_write, paths);
  Volume esp(machine, Role::esp, Volume::Access::read_write, paths);
  boot::BootStateStore boot(esp.path() / "cairn", effects);
  const auto asked = find_asked_reset(boot, oem.path());
  if (asked && machine.mode() == BootMode::recovery) return asked;
  // The loader could not note that it tried: recovery starts next all the same.
  if (asked && boot.current().recovery_once) return std::nullopt;
  EffectFiles oem_files(effects, oem.path());
  forget_asked_reset(boot, oem_files);
  esp.close();
  tell(asked ? "the reset that was asked for was not done, as recovery did not start; it is taken back"
             : "a request for a reset was left here that is void; it is removed");
  return std::nullopt;
}

void reset(const ResetSpec& spec, const Machine& machine, std::string_view version, Effects& effects, Clock& clock,
           Progress& progress, const std::stop_token& stop, const Hooks& hooks, const MachinePaths& paths) {
  if (machine.mode() != BootMode::recovery) {
    throw Error(reason::kNotRecovery, "this system was not started as recovery");
  }
  const snapshot::Number own = machine.installed().snapshot;
  Volume esp(machine, Role::esp, Volume::Access::read_write, paths);
  boot::BootStateStore boot(esp.path() / "cairn", effects);
  snapshot::SnapshotStore recovery(paths.mount_point(Role::recovery), effects);
  snapshot::SnapshotStore state(paths.mount_point(Role::state), effects);
  const Volume oem(machine, Role::oem, Volume::Access::read_write, paths);
  EffectFiles oem_files(effects, oem.path());
  SystemContent content = own_system(recovery, own, version, clock, stop);
  const std::vector<std::string> cloud_configs = read_cloud_configs(spec.cloud_configs);
  content.check = [&](const auto& directory) {
    run_after_hooks(hooks, "reset", directory, {.oem = oem.path(), .esp = esp.path()});
    // The request lasts until the reset is done.
    if (spec.request.oem) oem_files.clear(std::string(boot::kResetRequestFile));
    for (std::size_t i = 0; i < cloud_configs.size(); ++i) {
      oem_files.replace(cloud_config_name(i), cloud_configs[i], 0600);
    }
  };
  hooks.before("reset");

  disk::Mounts mounts;
  // STATE goes first: no system that needs what is wiped afterwards starts then.
  const auto make_state = [&] {
    progress.step("making the state partition anew");
    const disk::PartitionFacts& partition = machine.partition(Role::state);
    make_filesystem(partition, Role::state, label_of(partition, "COS_STATE"), effects, stop);
    mounts.add({.source = partition.device.string(), .target = paths.mount_point(Role::state), .type = "ext4"});
    if (spec.request.persistent) {
      progress.step("wiping persistent data");
      const disk::PartitionFacts& data = machine.partition(Role::persistent);
      make_filesystem(data, Role::persistent, label_of(data, "COS_PERSISTENT"), effects, stop);
    }
    progress.step("writing the system");
  };
  reset_system({boot, state}, oem_files, make_state, content, own, spec.request.tries);
  mounts.close();
  esp.close();
  if (spec.request.boot_entry) try_put_boot_entry(*machine.disk, paths.system, hooks.warn);
  hooks.post("reset");
}

}  // namespace cairn::node
