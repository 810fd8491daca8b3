// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/block_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::disk {

// What a partition or a disk holds, by its own superblock.
struct Superblock {
  std::string type;        // "ext4", "vfat", "iso9660", "squashfs", "xfs", "btrfs", "swap", "lvm2", "luks", "raid"
  std::string label = {};  // "" where it has none; as stored, so it may be anything: printable() before showing it
  std::string uuid = {};   // as udev shows it; "" where it has none
  std::uint64_t size = 0;  // bytes that the file system takes; only of ext, else 0

  friend bool operator==(const Superblock&, const Superblock&) = default;
};

// Looks for superblocks by their signatures; reads at most 200 KiB, and what is too short for one has none.
std::optional<Superblock> probe_superblock(BlockReader& blocks);

}  // namespace cairn::disk
