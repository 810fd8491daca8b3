// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace cairn::tool {

// A piece of a disk or of an image file.
struct Extent {
  std::uint64_t offset = 0;  // bytes, both multiples of 4096
  std::uint64_t size = 0;
};

// A file system to make.
struct NewFileSystem {
  std::string type;   // "ext2", "ext3", "ext4", "vfat"
  std::string label;  // as long as the type allows; may be empty
  std::string uuid;   // 8-4-4-4-12 digits; FAT takes the first eight as its serial number
  Extent where;
  std::uint32_t sector_size = 512;  // of the disk; FAT counts in it
  // Times of all that is in it, seconds since 1970, above 0: then equal file systems are equal byte by byte. Absent:
  // now.
  std::optional<std::int64_t> time = std::nullopt;
};

// mke2fs or mkfs.vfat on a piece of `device`, a disk or a file; what was there before is not asked about. GRUB reads
// what they make: no feature of ext4 is switched on beyond the usual, as GRUB knows no others.
Command make_filesystem_command(const std::filesystem::path& device, const NewFileSystem& file_system);

// Files to put into a file system: "boot/grub/grub.cfg" -> the file to copy. They become root's, 0644 in folders 0755.
using FileMap = std::map<std::string, std::filesystem::path>;

// Copies files into an ext file system by debugfs: no root, no mount, same bytes each time. `time` as above. Throws
// cairn::reason::kToolFailed with what debugfs said.
void fill_ext(const std::filesystem::path& device, const Extent& where, const FileMap& files, std::int64_t time,
              Runner& runner, const std::stop_token& stop = {});
// The same for FAT by mtools. `scratch` is an empty directory of the caller's that is used and left dirty.
void fill_fat(const std::filesystem::path& device, const Extent& where, const FileMap& files, std::int64_t time,
              const std::filesystem::path& scratch, Runner& runner, const std::stop_token& stop = {});

// Checks an ext file system that is not mounted and repairs what can be repaired without asking.
void check_ext(const std::filesystem::path& device, Runner& runner, const std::stop_token& stop = {});
// The same, only as thoroughly as the file system itself asks for: at every boot, within `limit`. Throws
// cairn::reason::kToolMissing, kToolFailed when it needs a person, kTimedOut.
void recover_ext(const std::filesystem::path& device, milliseconds limit, Runner& runner,
                 const std::stop_token& stop = {});
// Grows an ext file system that is not mounted to its partition's size; checks it first.
void grow_ext(const std::filesystem::path& device, Runner& runner, const std::stop_token& stop = {});
// Grows a mounted ext4, writable, to its partition's size while it is in use.
Command grow_mounted_command(const std::filesystem::path& device);

}  // namespace cairn::tool
