// SPDX-License-Identifier: Apache-2.0
#include "disk/layout.h"

#include "core/reasons.h"
#include "core/text.h"
#include "disk/reasons.h"
#include "disk/utf16.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

namespace cairn::disk {
namespace {

constexpr std::uint64_t kBiosBootSize = kMiB;
constexpr std::uint64_t kSmallestFat = 4 * kMiB;
constexpr std::uint64_t kSmallestExt = 8 * kMiB;
constexpr std::uint64_t kSmallestPersistent = 256 * kMiB;
// Elemental's sizes: what machines get whose disks have room.
constexpr std::uint64_t kUsualRecovery = 4096 * kMiB;
constexpr std::uint64_t kUsualState = 8192 * kMiB;
// No size beyond it is meant; below it, sums of a whole table don't wrap around unnoticed.
constexpr unsigned kMostSnapshots = 100;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 56;

struct FileSystemRules {
  FileSystem file_system;
  std::string_view word;
  std::size_t longest_label;  // bytes
  std::uint64_t smallest;     // bytes
};
constexpr std::array<FileSystemRules, 5> kFileSystems = {{
    {FileSystem::none, "none", 0, kMiB},
    {FileSystem::vfat, "vfat", 11, kSmallestFat},
    {FileSystem::ext2, "ext2", 16, kSmallestExt},
    {FileSystem::ext3, "ext3", 16, kSmallestExt},
    {FileSystem::ext4, "ext4", 16, kSmallestExt},
}};

constexpr const FileSystemRules& rules_of(FileSystem file_system) {
  return kFileSystems[static_cast<std::size_t>(file_system)];
}

constexpr std::array<std::string_view, 7> kRoleNames = {"bios",  "efi",        "oem",  "recovery",
                                                        "state", "persistent", "extra"};

constexpr std::uint64_t round_up(std::uint64_t size) { return (size + kMiB - 1) / kMiB * kMiB; }
constexpr std::uint64_t round_down(std::uint64_t size) { return size / kMiB * kMiB; }

// An ext4 file system with room for `content`: inode tables and the like take 2 %, the journal up to 128 MiB but no
// more than a sixteenth; the rest is for manifests and what the next version is larger by.
constexpr std::uint64_t ext4_for(std::uint64_t content) {
  return round_up(content + content / 8 + std::clamp<std::uint64_t>(content / 16, 16 * kMiB, 128 * kMiB));
}

// A partition before it has its place: at least `least`, preferably `usual`; one of all takes the rest.
struct Wish {
  PlannedPartition partition;
  std::uint64_t least = 0;
  std::uint64_t usual = 0;
  bool takes_rest = false;
};

// What a partition must have at least by itself, and what it is given when there is room.
struct Derived {
  std::uint64_t least, usual;
};

std::uint64_t checked_size(std::uint64_t size, std::string_view name) {
  if (size <= kLargest) return round_up(size);
  throw Error(reason::kBadLayout, "the partition {} is to have {}", printable(name), human_size(size));
}

Wish make_wish(Role role, const PartitionSpec& spec, FileSystem file_system, const Derived& derived) {
  Wish wish{.partition = {.role = role,
                          .name = std::string(to_string(role)),
                          .label = spec.label,
                          .file_system = file_system},
            .least = derived.least,
            .usual = std::max(derived.least, derived.usual)};
  if (spec.size) wish.least = wish.usual = checked_size(*spec.size, wish.partition.name);
  return wish;
}

Wish make_wish(const ExtraPartition& extra) {
  const std::uint64_t size = extra.size ? checked_size(*extra.size, extra.name) : rules_of(extra.file_system).smallest;
  return {
      .partition = {.role = Role::extra, .name = extra.name, .label = extra.label, .file_system = extra.file_system},
      .least = size,
      .usual = size,
      .takes_rest = !extra.size};
}

std::vector<Wish> make_wishes(const LayoutSpec& spec) {
  if (spec.system_size > kLargest || spec.snapshots == 0 || spec.snapshots > kMostSnapshots) {
    throw Error(reason::kBadLayout, "room is wanted for {} snapshots of {}", spec.snapshots,
                human_size(spec.system_size));
  }
  const std::uint64_t one = ext4_for(spec.system_size);
  const std::uint64_t several = ext4_for(spec.system_size * spec.snapshots);
  const auto derived = [&](std::uint64_t least, std::uint64_t usual) {
    return Derived{least, spec.compact ? least : usual};
  };
  std::vector<Wish> wishes;
  wishes.push_back(make_wish(Role::bios_boot, {.label = "", .size = kBiosBootSize}, FileSystem::none, {}));
  wishes.push_back(make_wish(Role::esp, spec.esp, FileSystem::vfat, derived(64 * kMiB, 64 * kMiB)));
  wishes.push_back(make_wish(Role::oem, spec.oem, FileSystem::ext4, derived(64 * kMiB, 64 * kMiB)));
  wishes.push_back(make_wish(Role::recovery, spec.recovery, FileSystem::ext4, derived(one, kUsualRecovery)));
  wishes.push_back(make_wish(Role::state, spec.state, FileSystem::ext4, derived(several, kUsualState)));
  Wish persistent = make_wish(Role::persistent, spec.persistent, FileSystem::ext4, derived(kSmallestPersistent, 0));
  std::vector<Wish> rest;
  for (const ExtraPartition& extra : spec.extra) (extra.size ? wishes : rest).push_back(make_wish(extra));
  if (rest.size() > 1) {
    throw Error(reason::kBadLayout, "the partitions {} and {} both want the rest of the disk",
                printable(rest[0].partition.name), printable(rest[1].partition.name));
  }
  // In front of the extra ones when it has a size; at the end, where it can grow, when it has none.
  persistent.takes_rest = !spec.persistent.size && rest.empty();
  const auto extras = wishes.begin() + 5;
  if (persistent.takes_rest) {
    wishes.push_back(std::move(persistent));
  } else {
    wishes.insert(extras, std::move(persistent));
  }
  wishes.insert(wishes.end(), rest.begin(), rest.end());
  return wishes;
}

void check_label(const PlannedPartition& partition) {
  const std::string& label = partition.label;
  const bool printable_ascii = std::all_of(label.begin(), label.end(), [](char c) { return c > ' ' && c <= '~'; });
  // Other characters would have to be escaped in udev's links, kernel words and the loader's menu.
  const std::size_t longest = rules_of(partition.file_system).longest_label;
  if (!printable_ascii || label.find_first_of("/\\\"'$") != std::string::npos) {
    throw Error(reason::kBadLayout, "the label \"{}\" of partition {} has a blank or a special character",
                printable(label), printable(partition.name));
  }
  if (label.size() > longest) {
    throw Error(reason::kBadLayout, "the label \"{}\" of partition {} has {} characters, {} allows {}",
                printable(label), printable(partition.name), label.size(), to_string(partition.file_system), longest);
  }
}

void check(const std::vector<Wish>& wishes) {
  constexpr std::size_t kMost = 128;
  if (wishes.size() > kMost) {
    throw Error(reason::kBadLayout, "{} partitions are wanted, a GPT has {}", wishes.size(), kMost);
  }
  std::set<std::string> names;
  std::set<std::string> labels;
  for (const Wish& wish : wishes) {
    const PlannedPartition& partition = wish.partition;
    const std::string name = printable(partition.name);
    check_label(partition);
    if (partition.role != Role::bios_boot && partition.role != Role::extra && partition.label.empty()) {
      throw Error(reason::kBadLayout, "the partition {} needs a label", name);
    }
    // udev and the kernel's own lists show names; role_of_name() must not take an extra one for ours.
    if (partition.name.empty() || utf16_of_utf8(partition.name).size() > 36 || name != partition.name) {
      throw Error(reason::kBadLayout, "\"{}\" can't be the name of a partition", name);
    }
    if (!names.insert(partition.name).second) throw Error(reason::kBadLayout, "two partitions are named {}", name);
    if (!partition.label.empty() && !labels.insert(to_lower(partition.label)).second) {
      throw Error(reason::kBadLayout, "two partitions have the label {}", partition.label);
    }
    if (const std::uint64_t smallest = rules_of(partition.file_system).smallest; wish.least < smallest) {
      throw Error(reason::kBadLayout, "the partition {} is to have {}; {} needs {}", name, human_size(wish.least),
                  to_string(partition.file_system), human_size(smallest));
    }
  }
}

// 128 sizes of at most kLargest: no overflow.
std::uint64_t sum_of(const std::vector<Wish>& wishes, std::uint64_t Wish::*member) {
  return std::accumulate(wishes.begin(), wishes.end(), std::uint64_t{0},
                         [&](std::uint64_t sum, const Wish& wish) { return sum + wish.*member; });
}

// Bytes that partitions can't have: 1 MiB in front, and the backup table, rounded to whole MiB, at the end.
constexpr std::uint64_t kAround = 2 * kMiB;

[[noreturn]] void refuse(const std::vector<Wish>& wishes, const Geometry& disk, std::uint64_t least) {
  std::vector<std::string> parts;
  for (const Wish& wish : wishes) {
    const std::string_view at_least = wish.takes_rest ? "at least " : "";
    parts.push_back(fmt::format("{} {}{}", printable(wish.partition.name), at_least, human_size(wish.least)));
  }
  throw Error(reason::kDiskTooSmall, "the disk has {}, {} are needed: {}, 2 MiB for the partition table",
              human_size(disk.size), human_size(least), fmt::join(parts, ", "));
}

// Gives each partition its size: what it needs, then of half of what is left a share of what it would like.
void settle_sizes(std::vector<Wish>& wishes, std::uint64_t room, std::uint64_t least) {
  const std::uint64_t liked = sum_of(wishes, &Wish::usual) - least;
  const std::uint64_t shared = std::min(liked, (room - least) / 2);
  std::uint64_t rest = room;
  for (Wish& wish : wishes) {
    const std::uint64_t more = wish.usual - wish.least;
    wish.partition.size = wish.least;
    // In MiB, and only derived sizes have `more`: no overflow.
    if (liked > 0) wish.partition.size += (more / kMiB) * (shared / kMiB) / (liked / kMiB) * kMiB;
    rest -= wish.partition.size;
  }
  for (Wish& wish : wishes) {
    if (wish.takes_rest) wish.partition.size += rest;
  }
}

}  // namespace

std::string_view to_string(FileSystem file_system) { return rules_of(file_system).word; }

std::optional<FileSystem> find_file_system(std::string_view word) {
  if (word.empty()) return FileSystem::none;
  for (const FileSystemRules& rules : kFileSystems) {
    if (rules.word == word) return rules.file_system;
  }
  return std::nullopt;
}

std::string_view to_string(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

Role role_of_name(std::string_view gpt_name) {
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), gpt_name);
  return found == kRoleNames.end() ? Role::extra : static_cast<Role>(found - kRoleNames.begin());
}

const PlannedPartition& DiskLayout::get(Role role) const {
  const auto found = std::find_if(partitions.begin(), partitions.end(),
                                  [&](const PlannedPartition& partition) { return partition.role == role; });
  if (found == partitions.end()) throw Error(cairn::reason::kInternal, "a layout without {}", to_string(role));
  return *found;
}

std::uint64_t needed_size(const LayoutSpec& spec) {
  const std::vector<Wish> wishes = make_wishes(spec);
  check(wishes);
  return sum_of(wishes, &Wish::least) + kAround;
}

std::uint64_t end_of_partitions(const Geometry& disk) {
  return kMiB + (disk.size < kAround ? 0 : round_down(disk.size - kAround));
}

DiskLayout plan_layout(const LayoutSpec& spec, const Geometry& disk, GuidSource& guids) {
  std::vector<Wish> wishes = make_wishes(spec);
  check(wishes);
  const std::uint64_t least = sum_of(wishes, &Wish::least);
  const std::uint64_t room = end_of_partitions(disk) - kMiB;
  if (least > room) refuse(wishes, disk, least + kAround);
  settle_sizes(wishes, room, least);
  DiskLayout layout{.geometry = disk, .disk_id = guids.make("disk"), .partitions = {}};
  std::uint64_t offset = kMiB;
  for (Wish& wish : wishes) {
    PlannedPartition& partition = wish.partition;
    partition.number = static_cast<unsigned>(layout.partitions.size()) + 1;
    partition.offset = offset;
    partition.id = guids.make(fmt::format("partition {}", partition.name));
    partition.file_system_id = guids.make(fmt::format("file system {}", partition.name));
    offset += partition.size;
    layout.partitions.push_back(std::move(partition));
  }
  return layout;
}

GptTable to_gpt(const DiskLayout& layout) {
  GptTable table = make_gpt(layout.geometry, layout.disk_id);
  const std::uint32_t sector_size = layout.geometry.sector_size;
  for (const PlannedPartition& partition : layout.partitions) {
    const Guid& type = partition.role == Role::bios_boot ? kBiosBootType
                       : partition.role == Role::esp     ? kEfiSystemType
                                                         : kLinuxDataType;
    table.partitions.push_back({.number = partition.number,
                                .type = type,
                                .id = partition.id,
                                .first = partition.offset / sector_size,
                                .last = (partition.offset + partition.size) / sector_size - 1,
                                .attributes = 0,
                                .name = partition.name});
  }
  return table;
}

}  // namespace cairn::disk
