// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/gpt.h"
#include "disk/layout.h"
#include "disk/superblock.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The disks of a machine as they are. Nothing here writes.
namespace cairn::disk {

// Where the kernel tells about itself; tests give folders of their own.
struct SystemPaths {
  std::filesystem::path sys = "/sys";
  std::filesystem::path proc = "/proc";
  std::filesystem::path dev = "/dev";
};

// What disks and partitions have in common.
struct BlockFacts {
  std::string name;              // of the kernel: "sda", "nvme0n1p2"
  std::filesystem::path device;  // "/dev/sda"
  std::uint64_t size = 0;        // bytes
  bool read_only = false;
  std::vector<std::string> mounted_at;  // mount points, and "swap"
  std::vector<std::string> holders;     // devices of LVM, md, dm and the like that are made of it
  std::optional<Superblock> content = std::nullopt;
};

struct PartitionFacts : BlockFacts {
  unsigned number = 0;
  std::string gpt_name = {};  // "" without a GPT
  Guid id = {};               // PARTUUID; zero without a GPT or without the right to read the disk

  // By its name in the GPT; means something only on a disk that is ours.
  Role role() const { return role_of_name(gpt_name); }
};

struct DiskFacts : BlockFacts {
  std::uint32_t sector_size = 512;
  std::string model = {};
  std::string serial = {};
  bool removable = false;
  bool readable = false;                        // by us: without it, `content`, ids and table_problem are unknown
  std::string table_problem = {};               // of the GPT's copies; "" when both are good or there is no table
  std::vector<PartitionFacts> partitions = {};  // by number

  Geometry geometry() const { return {.size = size, .sector_size = sector_size}; }
  // True if the partitions are those of Cairn or Elemental.
  bool holds_our_os() const;
  // The partition with this role, if the disk has exactly one such.
  const PartitionFacts* find(Role role) const;
};

// All disks that a system could be installed on, by name; not CD drives, nor what the kernel makes up (loop, md, dm,
// zram).
std::vector<DiskFacts> find_disks(const SystemPaths& paths);
// One disk by its device ("/dev/sda", or a link to it), of any kind. Throws reason::kNoDisk for what is no whole disk.
DiskFacts get_disk(const std::filesystem::path& device, const SystemPaths& paths);

// Those that have a partition with this PARTUUID: one, unless there are byte copies.
std::vector<const DiskFacts*> find_disks_with(const std::vector<DiskFacts>& disks, const Guid& partition_id);
// The disk that was booted: the one that has a partition with this PARTUUID (kernel word cairn.disk=), of several the
// one that is `device`. Throws reason::kNoDisk, and reason::kDiskTwice when none of several is.
const DiskFacts& get_boot_disk(const std::vector<DiskFacts>& disks, const Guid& partition_id,
                               const std::filesystem::path& device = {});

// Throws reason::kDiskInUse naming all that uses the disk, reason::kDiskReadOnly.
void require_unused(const DiskFacts& disk);

enum class Firmware { bios, uefi };
Firmware find_firmware(const SystemPaths& paths);

}  // namespace cairn::disk
