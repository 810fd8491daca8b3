// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/disk_view.h"

#include <filesystem>
#include <map>

namespace cairn::testing {

// The disk in an image file as the loader finds it: partitions by the GPT's names, ext4 by libext2fs without its
// journal and without its checksums, FAT by mtools. A partition that holds neither is empty. To see what a system sees,
// replay the journals of a copy first (e2fsck -E journal_only).
class ImageView final : public DiskView {
 public:
  // Throws disk::reason::kNoTable, kBadTable.
  explicit ImageView(std::filesystem::path image);
  std::optional<std::string> read(Place place, std::string_view path) const override;
  std::vector<std::string> list(Place place, std::string_view directory) const override;

 private:
  std::filesystem::path image_;
  std::map<Place, std::uint64_t> offsets_;  // bytes
};

}  // namespace cairn::testing
