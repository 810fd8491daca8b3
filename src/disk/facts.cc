// SPDX-License-Identifier: Apache-2.0
#include "disk/facts.h"

#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "disk/mount_table.h"
#include "disk/reasons.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKernelSector = 512;  // the unit of sizes in sysfs, whatever the disk's own is

// The text of an attribute without blanks around it; "" if it is not there or can't be read.
std::string attribute(const fs::path& path) {
  constexpr std::size_t kMaxAttribute = 4096;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return {};
  try {
    return std::string(trim(read_file(path, kMaxAttribute)));
  } catch (const Error&) {  // drivers refuse to read what their device does not know
    return {};
  }
}

std::uint64_t number(const fs::path& path, std::uint64_t otherwise) {
  return parse_number(attribute(path)).value_or(otherwise);
}

std::string first_of(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths) {
    if (std::string text = attribute(path); !text.empty()) return printable(text);
  }
  return {};
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;  // what is not there has no names in it
  for (const auto& entry : fs::directory_iterator(directory, ignored)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// "PARTNAME=state" in a uevent file.
std::string uevent_value(const fs::path& sys, std::string_view key) {
  for (const std::string& line : split(attribute(sys / "uevent"), '\n')) {
    if (line.starts_with(key) && line.substr(key.size(), 1) == "=") return line.substr(key.size() + 1);
  }
  return {};
}

void read_block(BlockFacts& block, const fs::path& sys, const SystemPaths& paths, const MountTable& mounts) {
  block.name = sys.filename();
  // sysfs writes "!" where a device's name has a slash: cciss!c0d0.
  std::string node = block.name;
  std::replace(node.begin(), node.end(), '!', '/');
  block.device = paths.dev / node;
  block.size = number(sys / "size", 0) * kKernelSector;
  block.read_only = attribute(sys / "ro") == "1";
  block.holders = names_in(sys / "holders");
  block.mounted_at = mounts.uses_of(attribute(sys / "dev"), block.device);
}

std::optional<Superblock> read_content(const fs::path& device) {
  FileBlocks blocks(device);
  return probe_superblock(blocks);
}

// What only the disk's own bytes tell.
void read_bytes_of(DiskFacts& disk) {
  FileBlocks blocks(disk.device);
  disk.readable = true;
  disk.content = probe_superblock(blocks);
  GptReading reading;
  try {
    reading = read_gpt(blocks, disk.sector_size);
  } catch (const Error& error) {  // a disk without a good table is a fact, too
    if (error.is(reason::kBadTable)) disk.table_problem = error.message();
    if (!error.is(reason::kBadTable) && !error.is(reason::kNoTable)) throw;
    return;
  }
  if (!reading.primary_problem.empty()) disk.table_problem = "the copy at the start: " + reading.primary_problem;
  if (!reading.backup_problem.empty()) disk.table_problem = "the copy at the end: " + reading.backup_problem;
  for (PartitionFacts& partition : disk.partitions) {
    for (const GptPartition& entry : reading.table.partitions) {
      if (entry.number != partition.number) continue;
      partition.id = entry.id;
      partition.gpt_name = entry.name;
    }
    partition.content = read_content(partition.device);
  }
}

DiskFacts read_disk(const fs::path& sys, const SystemPaths& paths, const MountTable& mounts) {
  DiskFacts disk;
  read_block(disk, sys, paths, mounts);
  disk.sector_size =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(number(sys / "queue/logical_block_size", 512), 1 << 16));
  disk.removable = attribute(sys / "removable") == "1";
  disk.model = first_of({sys / "device/model"});
  disk.serial = first_of({sys / "device/serial", sys / "serial", sys / "device/wwid", sys / "wwid"});
  for (const std::string& name : names_in(sys)) {
    if (attribute(sys / name / "partition").empty()) continue;
    PartitionFacts partition;
    read_block(partition, sys / name, paths, mounts);
    partition.number = static_cast<unsigned>(number(sys / name / "partition", 0));
    partition.gpt_name = uevent_value(sys / name, "PARTNAME");
    disk.partitions.push_back(std::move(partition));
  }
  std::sort(disk.partitions.begin(), disk.partitions.end(),
            [](const PartitionFacts& a, const PartitionFacts& b) { return a.number < b.number; });
  try {
    read_bytes_of(disk);
  } catch (const Error& error) {  // a disk that fails or that we may not read is still one to show
    log::debug("a disk can't be read", {{"disk", disk.name}, {"error", error.what()}});
  }
  return disk;
}

// True for what the kernel makes up of other things: loop, md, dm, zram.
bool is_virtual(const fs::path& sys) {
  std::error_code problem;
  const fs::path real = fs::canonical(sys, problem);
  return problem || real.string().find("/devices/virtual/") != std::string::npos;
}

}  // namespace

bool DiskFacts::holds_our_os() const {
  // An image that has not grown yet has no state partition.
  const bool has_system = find(Role::state) != nullptr || find(Role::recovery) != nullptr;
  return find(Role::esp) != nullptr && find(Role::oem) != nullptr && has_system;
}

const PartitionFacts* DiskFacts::find(Role role) const {
  const PartitionFacts* found = nullptr;
  for (const PartitionFacts& partition : partitions) {
    if (partition.role() != role) continue;
    if (found != nullptr) return nullptr;
    found = &partition;
  }
  return found;
}

std::vector<DiskFacts> find_disks(const SystemPaths& paths) {
  const MountTable mounts(paths.proc);
  std::vector<DiskFacts> disks;
  for (const std::string& name : names_in(paths.sys / "class/block")) {
    const fs::path sys = paths.sys / "class/block" / name;
    std::error_code ignored;
    if (fs::exists(sys / "partition", ignored) || is_virtual(sys)) continue;
    // SCSI type 5 is a CD drive; a size of 0 a reader without a card.
    if (attribute(sys / "device/type") == "5" || number(sys / "size", 0) == 0) continue;
    disks.push_back(read_disk(sys, paths, mounts));
  }
  return disks;
}

DiskFacts get_disk(const fs::path& device, const SystemPaths& paths) {
  std::error_code problem;
  const fs::path real = fs::canonical(device, problem);
  if (problem) throw Error(reason::kNoDisk, "{}: {}", device.string(), problem.message());
  std::string name = real.lexically_relative(paths.dev).string();
  std::replace(name.begin(), name.end(), '/', '!');
  const fs::path sys = paths.sys / "class/block" / name;
  if (name.empty() || name.starts_with('.') || !fs::exists(sys, problem)) {
    throw Error(reason::kNoDisk, "{} is no disk", device.string());
  }
  if (fs::exists(sys / "partition", problem)) {
    throw Error(reason::kNoDisk, "{} is a partition, not a whole disk", device.string());
  }
  return read_disk(sys, paths, MountTable(paths.proc));
}

std::vector<const DiskFacts*> find_disks_with(const std::vector<DiskFacts>& disks, const Guid& partition_id) {
  std::vector<const DiskFacts*> found;
  for (const DiskFacts& disk : disks) {
    const auto has_id = [&](const PartitionFacts& partition) { return partition.id == partition_id; };
    if (std::any_of(disk.partitions.begin(), disk.partitions.end(), has_id)) found.push_back(&disk);
  }
  return found;
}

const DiskFacts& get_boot_disk(const std::vector<DiskFacts>& disks, const Guid& partition_id, const fs::path& device) {
  const std::vector<const DiskFacts*> found = find_disks_with(disks, partition_id);
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    std::vector<std::string> names;
    for (const DiskFacts& disk : disks) names.push_back(disk.device.string() + (disk.readable ? "" : " (unreadable)"));
    throw Error(reason::kNoDisk, "no disk has the partition {} that was booted; disks here: {}", partition_id.text(),
                names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }
  std::vector<std::string> names;
  for (const DiskFacts* disk : found) {
    if (disk->device == device) return *disk;
    names.push_back(disk->device.string());
  }
  throw Error(reason::kDiskTwice, "partition {} is on {}", partition_id.text(), fmt::join(names, " and on "));
}

void require_unused(const DiskFacts& disk) {
  std::vector<std::string> uses;
  const auto add = [&](const BlockFacts& block) {
    for (const std::string& place : block.mounted_at) {
      uses.push_back(block.name + (place == "swap" ? " is swap" : " is mounted at " + printable(place)));
    }
    for (const std::string& holder : block.holders) uses.push_back(fmt::format("{} is part of {}", block.name, holder));
  };
  add(disk);
  for (const PartitionFacts& partition : disk.partitions) add(partition);
  if (!uses.empty()) throw Error(reason::kDiskInUse, "{}: {}", disk.device.string(), fmt::join(uses, ", "));
  if (disk.read_only) throw Error(reason::kDiskReadOnly, "{} is read-only", disk.device.string());
}

Firmware find_firmware(const SystemPaths& paths) {
  std::error_code ignored;
  return fs::is_directory(paths.sys / "firmware/efi", ignored) ? Firmware::uefi : Firmware::bios;
}

}  // namespace cairn::disk
