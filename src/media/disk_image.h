// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/layout.h"
#include "media/medium.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>

namespace cairn::media {

enum class DiskFormat { raw, qcow2 };

struct DiskImageSpec {
  DiskFormat format = DiskFormat::raw;
  std::optional<std::uint64_t> size = std::nullopt;  // bytes; absent: as small as the system allows
  std::uint32_t sector_size = 512;                   // of the disk that it will be on
  disk::LayoutSpec layout = {};                      // its system_size is set
  // Only what the machine needs to make the rest of its disk by itself. What `layout` says of the rest does not count.
  bool grow = false;
};

// Writes a disk with an installed system (docs/formats/disk.md, "Disk images") to OUT, and OUT.sha256; neither appears
// before both are complete. Assembled as a sparse file, without root and loop devices; the same input gives the same
// bytes, GUIDs too. Throws disk::reason::kDiskTooSmall when `size` is too little, and whatever media may throw.
MediumResult build_disk(const MediumSpec& medium, const DiskImageSpec& spec, const std::filesystem::path& out,
                        const osimage::OnTree& on_tree, Runner& runner, Progress& progress,
                        const std::stop_token& stop);

}  // namespace cairn::media
