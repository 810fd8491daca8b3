// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/effects.h"
#include "disk/layout.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

// Puts a layout onto a disk (docs/formats/disk.md, "Writing").
namespace cairn::disk {

struct ApplyOptions {
  std::filesystem::path device;  // a whole disk, or a file of the layout's size
  // A new sparse file: nothing old to wipe out.
  bool is_empty = false;
  // Times in the file systems; absent: now.
  std::optional<std::int64_t> time = std::nullopt;
  std::stop_token stop = {};
};

// Wipes the old table, makes the file systems, then writes the table, its first sector last. Cut short it leaves the
// old disk untouched, or a disk without a table, which nothing boots from. What was on the disk is lost; the caller has
// asked require_unused().
void apply_layout(const DiskLayout& layout, const ApplyOptions& options, Effects& effects);

// Reads the table back from the disk. Throws reason::kNotWritten if it is not the layout's in both copies.
void verify_layout(const DiskLayout& layout, const std::filesystem::path& device);
void verify_table(const GptTable& table, const std::filesystem::path& device);

// GRUB's files for BIOS, as `make loaders` makes them (docs/formats/media.md, "Loader files").
struct BiosLoader {
  std::string boot_image;  // boot.img
  std::string core_image;  // core.img
};
// Makes a disk boot by BIOS: the loader into its partition, then the code of the first sector. The last act of an
// install, when what it starts is in place. Disks with sectors of 4096 bytes, which no BIOS boots, are left alone.
// Throws reason::kBadLayout for files that are not GRUB's or don't fit.
void write_bios_loader(const DiskLayout& layout, const BiosLoader& loader, const std::filesystem::path& device,
                       Effects& effects);

// The kernel's device of a partition: /dev/sda2, /dev/nvme0n1p2.
std::filesystem::path partition_device(const std::filesystem::path& disk, unsigned number);

// Has the kernel read the table of a disk again and waits until udev has made the devices of `layout`. Throws
// reason::kDiskInUse when something holds a partition of the old table, cairn::reason::kTimedOut.
void reload_partitions(const DiskLayout& layout, const std::filesystem::path& device, Clock& clock,
                       const std::stop_token& stop);

// Tells the kernel of partitions that were added to the table or became longer, also while others are in use, and waits
// for their devices. Partitions that it knows as they are stay as they are.
void update_partitions(const GptTable& table, const std::filesystem::path& device, Clock& clock,
                       const std::stop_token& stop);

}  // namespace cairn::disk
