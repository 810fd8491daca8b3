// SPDX-License-Identifier: Apache-2.0
#include "node/reset.h"

#include "boot/env_block.h"
#include "core/effects.h"
#include "core/file.h"
#include "core/log.h"
#include "core/utc.h"
#include "disk/guid.h"
#include "disk/mount.h"
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

constexpr std::string_view kRequest = boot::kResetRequestFile;
constexpr std::size_t kMaxRequest = 4096;

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
  snapshot::SnapshotStore nowhere(paths.mount_point(Role::state), effects);
  EffectFiles(effects, oem.path()).replace(std::string(kRequest), boot::compose(request), 0600);
  request_recovery({boot, nowhere});
  esp.close();
}

std::optional<boot::ResetRequest> find_reset_request(const MachinePaths& paths) {
  const fs::path path = paths.mount_point(Role::oem) / kRequest;
  std::error_code ignored;  // what can't be looked at was not asked for
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    return boot::parse_reset_request(read_file(path, kMaxRequest), path.string());
  } catch (const Error& error) {  // recovers: somebody did ask for a reset
    log::warning("the request for a reset is damaged; the usual reset is done", {{"error", error.what()}});
    return boot::ResetRequest{};
  }
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
  SystemContent content = own_system(recovery, own, version, clock, stop);
  content.check = [&](const auto& directory) {
    run_after_hooks(hooks, "reset", directory, {.oem = paths.mount_point(Role::oem), .esp = esp.path()});
  };
  const std::vector<std::string> cloud_configs = read_cloud_configs(spec.cloud_configs);
  hooks.before("reset");

  if (spec.request.persistent) {
    progress.step("wiping persistent data");
    const disk::PartitionFacts& partition = machine.partition(Role::persistent);
    make_filesystem(partition, Role::persistent, label_of(partition, "COS_PERSISTENT"), effects, stop);
  }
  disk::Mounts mounts;
  const auto make_state = [&] {
    progress.step("making the state partition anew");
    const disk::PartitionFacts& partition = machine.partition(Role::state);
    make_filesystem(partition, Role::state, label_of(partition, "COS_STATE"), effects, stop);
    mounts.add({.source = partition.device.string(), .target = paths.mount_point(Role::state), .type = "ext4"});
    progress.step("writing the system");
  };
  reset_system({boot, state}, make_state, content, own, spec.request.tries);
  mounts.close();
  if (spec.request.oem) {
    const Volume oem(machine, Role::oem, Volume::Access::read_write, paths);
    for (const auto& entry : fs::directory_iterator(oem.path())) fs::remove_all(entry.path());
  } else {
    fs::remove(paths.mount_point(Role::oem) / kRequest);
  }
  EffectFiles oem_files(effects, paths.mount_point(Role::oem));
  for (std::size_t i = 0; i < cloud_configs.size(); ++i) {
    oem_files.replace(cloud_config_name(i), cloud_configs[i], 0600);
  }
  esp.close();
  if (spec.request.boot_entry) try_put_boot_entry(*machine.disk, paths.system, hooks.warn);
  hooks.post("reset");
}

}  // namespace cairn::node
