// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/gpt.h"
#include "disk/guid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which partitions a machine's disk gets (docs/formats/disk.md).
namespace cairn::disk {

inline constexpr std::uint64_t kMiB = 1 << 20;

enum class FileSystem { none, vfat, ext2, ext3, ext4 };
std::string_view to_string(FileSystem file_system);
// Empty for a word that names none; "" and "none" are none.
std::optional<FileSystem> find_file_system(std::string_view word);

// What a partition is for.
enum class Role { bios_boot, esp, oem, recovery, state, persistent, extra };
// The name of its partition in the GPT; extra partitions have names of their own.
std::string_view to_string(Role role);
// The role of a partition by its name in the GPT of a disk that is ours.
Role role_of_name(std::string_view gpt_name);

struct PartitionSpec {
  std::string label;
  std::optional<std::uint64_t> size = std::nullopt;  // bytes; absent: derived from the system's size
};

struct ExtraPartition {
  std::string name = {};  // in the GPT
  std::string label = {};
  std::optional<std::uint64_t> size = std::nullopt;  // bytes; absent: all the rest, in place of `persistent`
  FileSystem file_system = FileSystem::ext4;
};

struct LayoutSpec {
  PartitionSpec esp{.label = "COS_GRUB", .size = 64 * kMiB};
  PartitionSpec oem{.label = "COS_OEM", .size = 64 * kMiB};
  PartitionSpec recovery{.label = "COS_RECOVERY"};
  PartitionSpec state{.label = "COS_STATE"};
  // Without a size it takes the rest of the disk, unless an extra partition does.
  PartitionSpec persistent{.label = "COS_PERSISTENT"};
  std::vector<ExtraPartition> extra = {};
  std::uint64_t system_size = 0;  // bytes of one snapshot: squashfs, kernel and initramfs
  unsigned snapshots = 3;         // that `state` must have room for: booted, fallback and the one being written
  // Where no size is given, a disk with room to spare gets up to Elemental's sizes, from half of what is left over;
  // `compact` keeps to what is needed, for images that are copied around.
  bool compact = false;
};

struct PlannedPartition {
  unsigned number = 0;  // in the GPT
  Role role = Role::extra;
  std::string name = {};   // in the GPT
  std::string label = {};  // of the file system
  FileSystem file_system = FileSystem::none;
  std::uint64_t offset = 0;  // bytes, multiples of 1 MiB
  std::uint64_t size = 0;
  Guid id = {};              // PARTUUID
  Guid file_system_id = {};  // UUID; FAT's serial number is its beginning
};

struct DiskLayout {
  Geometry geometry;
  Guid disk_id = {};
  std::vector<PlannedPartition> partitions;  // in the order of the disk and of their numbers

  // The one with this role, which is not `extra`; every layout has it.
  const PlannedPartition& get(Role role) const;
};

// Decides; touches nothing. Throws reason::kBadLayout for labels that don't fit or come twice and for sizes that make
// no sense, reason::kDiskTooSmall saying what is needed for what.
DiskLayout plan_layout(const LayoutSpec& spec, const Geometry& disk, GuidSource& guids);

// The smallest disk, in bytes, that `spec` fits on.
std::uint64_t needed_size(const LayoutSpec& spec);

// Where the last partition of a disk may end, in bytes: 1 MiB and what is less than one stay free for the backup table.
std::uint64_t end_of_partitions(const Geometry& disk);

GptTable to_gpt(const DiskLayout& layout);

}  // namespace cairn::disk
