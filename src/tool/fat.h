// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace cairn::tool {

// What a FAT image is made of.
struct FatImage {
  std::uint64_t size = 0;                              // bytes, a multiple of 1 MiB
  std::string label;                                   // at most 11 characters, upper case
  std::uint32_t volume_id = 0;                         // the serial number that udev shows as its UUID
  std::int64_t mtime = 0;                              // of every file and directory, seconds
  std::map<std::string, std::filesystem::path> files;  // "EFI/BOOT/BOOTX64.EFI" -> the file to copy
};

// Makes a file with a FAT file system in it by mkfs.vfat and mcopy; no root, no mount. Same input, same bytes.
// `path` must not exist; `scratch` is an empty directory of the caller's that is used and left dirty.
void make_fat_image(const std::filesystem::path& path, const FatImage& image, const std::filesystem::path& scratch,
                    Runner& runner, const std::stop_token& stop = {});

}  // namespace cairn::tool
