// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::tool {

// A hybrid ISO 9660 image: UEFI and BIOS, CD and stick (docs/formats/media.md).
struct IsoImage {
  std::filesystem::path tree;         // what the file system holds; names and times as they are there
  std::string label;                  // volume label, at most 32 characters of A-Z 0-9 _
  std::string modified;               // YYYYMMDDhhmmsscc: what becomes the volume's UUID
  std::int64_t mtime = 0;             // SOURCE_DATE_EPOCH of xorriso
  std::filesystem::path esp;          // FAT image with the UEFI loader, appended as a partition
  std::filesystem::path boot_sector;  // first sector for BIOS (boot_hybrid.img)
  std::string bios_loader;            // path inside the tree: "boot/grub/eltorito.img"
};

// Writes the image to `output`, which must not exist. Same input, same bytes. No root.
void write_iso(const std::filesystem::path& output, const IsoImage& image, Runner& runner,
               const std::stop_token& stop = {});

}  // namespace cairn::tool
