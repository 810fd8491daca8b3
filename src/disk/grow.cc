// SPDX-License-Identifier: Apache-2.0
#include "disk/grow.h"

#include "core/effect_file.h"
#include "core/text.h"
#include "disk/reasons.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;

const GptPartition* find(const GptTable& table, Role role) {
  const auto found = std::find_if(table.partitions.begin(), table.partitions.end(),
                                  [&](const GptPartition& partition) { return partition.name == to_string(role); });
  return found == table.partitions.end() ? nullptr : &*found;
}

std::uint64_t size_of(const GptTable& table, Role role) {
  const GptPartition* partition = find(table, role);
  if (partition == nullptr) throw Error(reason::kBadLayout, "the disk has no partition {}", to_string(role));
  return partition->sectors() * table.geometry.sector_size;
}

// What an install would make here, if it had to make these partitions as they are.
DiskLayout whole_layout(const GptTable& found, LayoutSpec spec, const Geometry& disk, GuidSource& guids) {
  spec.esp.size = size_of(found, Role::esp);
  spec.oem.size = size_of(found, Role::oem);
  const std::uint64_t recovery = size_of(found, Role::recovery);
  SeededGuids unused("");
  if (plan_layout(spec, disk, unused).get(Role::recovery).size < recovery) spec.recovery.size = recovery;
  return plan_layout(spec, disk, guids);
}

GptTable complete(const GptTable& found, const LayoutSpec& spec, const Geometry& disk, GuidSource& guids) {
  GptTable grown = to_gpt(whole_layout(found, spec, disk, guids));
  grown.disk_id = found.disk_id;
  for (const GptPartition& old : found.partitions) {
    const auto planned = std::find_if(grown.partitions.begin(), grown.partitions.end(),
                                      [&](const GptPartition& one) { return one.number == old.number; });
    if (planned == grown.partitions.end() || planned->name != old.name || planned->first != old.first ||
        planned->last < old.last) {
      throw Error(reason::kBadLayout, "partition {} ({}) of the disk is in the way of those that are missing",
                  old.number, printable(old.name));
    }
    const std::uint64_t last = planned->last;
    *planned = old;
    planned->last = last;
  }
  return grown;
}

std::optional<GptTable> extend(const GptReading& found, const Geometry& disk) {
  const GptTable& old = found.table;
  const auto last = std::max_element(old.partitions.begin(), old.partitions.end(),
                                     [](const auto& a, const auto& b) { return a.last < b.last; });
  const std::uint64_t end = end_of_partitions(disk) / disk.sector_size;
  // Space at the end of a disk that did not grow was left free by somebody.
  const bool grew = disk.size > old.geometry.size;
  const bool longer = grew && last->name == to_string(Role::persistent) && last->last + 1 < end;
  const bool damaged = !found.primary_problem.empty() || !found.backup_problem.empty();
  if (!longer && !damaged) return std::nullopt;
  GptTable grown = make_gpt(disk, old.disk_id);
  grown.partitions = old.partitions;
  if (longer) grown.partitions[static_cast<std::size_t>(last - old.partitions.begin())].last = end - 1;
  return grown;
}

// The first sector for the new table, with the boot code that is there.
std::string first_sector(const fs::path& device, const std::string& head, std::uint32_t sector) {
  constexpr std::size_t kTable = 446;
  std::string bytes(sector, '\0');
  FileBlocks(device).read(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  return bytes.replace(kTable, std::string::npos, head, kTable, sector - kTable);
}

}  // namespace

DiskLayout cut_behind_recovery(DiskLayout layout) {
  const PlannedPartition& recovery = layout.get(Role::recovery);
  const std::uint64_t end = recovery.offset + recovery.size;
  std::erase_if(layout.partitions, [&](const PlannedPartition& partition) { return partition.offset >= end; });
  layout.geometry.size = end + kMiB;
  return layout;
}

std::optional<GptTable> plan_growth(const GptReading& found, const LayoutSpec& spec, const Geometry& disk,
                                    GuidSource& guids) {
  if (find(found.table, Role::state) == nullptr) return complete(found.table, spec, disk, guids);
  return extend(found, disk);
}

void apply_growth(const GptTable& found, const GptTable& grown, const fs::path& device, Effects& effects) {
  const GptBytes bytes = compose_gpt(grown);
  const GptDetour detour = compose_gpt_detour(grown);
  const std::uint32_t sector = grown.geometry.sector_size;
  const std::string_view head = bytes.head;
  const std::string first = first_sector(device, bytes.head, sector);
  const auto is_new = [&](const GptPartition& partition) {
    return std::none_of(found.partitions.begin(), found.partitions.end(),
                        [&](const GptPartition& old) { return old.number == partition.number; });
  };

  EffectFile disk(effects, effects.open(device));
  disk.write(bytes.tail_offset, bytes.tail);
  disk.flush();
  for (const GptPartition& partition : grown.partitions) {
    if (is_new(partition)) disk.write(partition.first * sector, std::string(kMiB, '\0'));
  }
  disk.write(detour.entries_offset, detour.entries);
  disk.flush();
  // One sector is written whole or not at all: here the new table takes the place of the old.
  disk.write(sector, detour.header);
  disk.flush();
  disk.write(std::uint64_t{2} * sector, head.substr(std::size_t{2} * sector));
  disk.flush();
  disk.write(sector, head.substr(sector, sector));
  disk.write(0, first);
  disk.done();
}

}  // namespace cairn::disk
