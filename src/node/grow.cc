// SPDX-License-Identifier: Apache-2.0
#include "node/grow.h"

#include "core/text.h"
#include "disk/apply.h"
#include "disk/grow.h"
#include "node/reasons.h"
#include "snapshot/store.h"
#include "tool/filesystem.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace cairn::node {
namespace {

using disk::Role;

// Bytes of the recovery's own system: what STATE must have room for.
std::uint64_t system_size(const Machine& machine, Effects& effects, const MachinePaths& paths) {
  if (machine.mode() != BootMode::recovery) {
    throw Error(reason::kNotRecovery, "{} has no partition state", machine.disk->device.string());
  }
  const snapshot::SnapshotStore recovery(paths.mount_point(Role::recovery), effects);
  std::uint64_t size = 0;
  for (const auto& file : recovery.manifest(machine.installed().snapshot).files) size += file.size;
  return size;
}

// Whether the kernel has the partition with this size.
bool is_known(const disk::DiskFacts& disk, unsigned number, std::uint64_t size) {
  return std::any_of(disk.partitions.begin(), disk.partitions.end(),
                     [&](const disk::PartitionFacts& one) { return one.number == number && one.size == size; });
}

// Returns a line for each partition that was added or grew.
std::vector<std::string> grow_partitions(const Machine& machine, const GrowTools& tools, const MachinePaths& paths) {
  machine.installed();
  const disk::DiskFacts& disk = *machine.disk;
  disk::FileBlocks blocks(disk.device);
  const disk::GptReading found = disk::read_gpt(blocks, disk.sector_size);
  disk::LayoutSpec spec;
  if (disk.find(Role::state) == nullptr) spec.system_size = system_size(machine, tools.effects, paths);
  disk::RandomGuids guids;
  const auto grown = disk::plan_growth(found, spec, disk.geometry(), guids);
  if (grown) {
    disk::apply_growth(found.table, *grown, disk.device, tools.effects);
    disk::verify_table(*grown, disk.device);
  }
  // Also what an earlier call wrote and did not get to tell.
  const disk::GptTable& table = grown ? *grown : found.table;
  std::vector<std::string> lines;
  for (const disk::GptPartition& partition : table.partitions) {
    const std::uint64_t size = partition.sectors() * disk.sector_size;
    if (is_known(disk, partition.number, size)) continue;
    lines.push_back(
        fmt::format("partition {} ({}) has {}", partition.number, printable(partition.name), human_size(size)));
  }
  if (!lines.empty()) disk::update_partitions(table, disk.device, tools.clock, tools.stop);
  return lines;
}

// Growing a mounted file system is a transaction of its journal: a cut leaves the old or the new size.
std::optional<std::string> grow_file_system(const Machine& machine, Role role, const GrowTools& tools,
                                            const MachinePaths& paths) {
  // ext4 leaves out a last block group that would hardly hold its own tables.
  constexpr std::uint64_t kSmallestGain = 8 * disk::kMiB;
  const disk::PartitionFacts* partition = machine.disk->find(role);
  if (partition == nullptr || !partition->content || partition->content->type != "ext4") return std::nullopt;
  const std::uint64_t size = partition->content->size;
  if (size == 0 || size + kSmallestGain > partition->size) return std::nullopt;
  Volume volume(machine, role, Volume::Access::read_write, paths);
  Command command = tool::grow_mounted_command(partition->device);
  command.stop = tools.stop;
  tools.effects.run(command);
  volume.close();
  return fmt::format("the file system of {} has {} instead of {}", disk::to_string(role), human_size(partition->size),
                     human_size(size));
}

}  // namespace

std::vector<std::string> grow(const Machine& machine, const GrowTools& tools, const MachinePaths& paths) {
  std::vector<std::string> lines = grow_partitions(machine, tools, paths);
  const Machine now = lines.empty() ? machine : get_machine(paths);
  for (const Role role : {Role::recovery, Role::persistent}) {
    if (auto line = grow_file_system(now, role, tools, paths)) lines.push_back(std::move(*line));
  }
  return lines;
}

Machine with_all_partitions(Machine machine, const GrowTools& tools, const MachinePaths& paths) {
  if (machine.mode() != BootMode::recovery || machine.disk->find(Role::state) != nullptr) return machine;
  grow_partitions(machine, tools, paths);
  return get_machine(paths);
}

}  // namespace cairn::node
