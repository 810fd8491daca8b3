// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/merge.h"

#include <filesystem>
#include <memory>

namespace cairn::rootfs {

enum class SquashfsCompression { zstd, gzip, none };

struct SquashfsOptions {
  SquashfsCompression compression = SquashfsCompression::zstd;
  int level = 9;                       // zstd 1-22, gzip 1-9
  std::uint32_t block_size = 128 * 1024;
  unsigned threads = 0;                // 0 = one per processor; the output does not depend on it
  std::int64_t mtime = 0;              // of the superblock; source_date_epoch()
};

// Writes a squashfs 4.0 image: contents as they come, then inodes, directories and xattrs from the tree.
// The output depends on contents, their order, the tree and the options, and on nothing else.
class SquashfsWriter final : public ContentStore {
 public:
  // Makes the file; it must not exist. On destruction without finish() the caller removes it.
  SquashfsWriter(const std::filesystem::path& path, const SquashfsOptions& options);
  ~SquashfsWriter() override;

  ContentId add(Source& content, std::uint64_t size) override;
  // Writes the metadata. xattrs that squashfs can't hold (other than user., trusted., security.) are dropped and
  // named in the result.
  struct Result {
    std::uint64_t size = 0;  // of the image
    std::uint64_t inodes = 0;
    std::vector<std::string> dropped_xattrs;  // "path: name", at most 100
  };
  Result finish(const Tree& tree);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::rootfs
