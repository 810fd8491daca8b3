// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/image_file.h"
#include "rootfs/merge.h"

#include <filesystem>
#include <memory>

namespace cairn::rootfs {

enum class SquashfsCompression { zstd, gzip, none };

struct SquashfsOptions {
  SquashfsCompression compression = SquashfsCompression::zstd;
  int level = 9;                          // zstd 1-22, gzip 1-9
  std::uint32_t block_size = 128 * 1024;  // a power of two from 4 KiB to 1 MiB
  unsigned threads = 0;                   // that compress; 0 = one for each processor. The output does not depend on it
  std::int64_t mtime = 0;                 // of the superblock, seconds
};

// What became of a tree.
struct SquashfsResult {
  std::uint64_t size = 0;                   // of the image, bytes
  std::uint64_t inodes = 0;                 // names of one file count once
  std::vector<std::string> dropped_xattrs;  // "path: name": those that squashfs has no form for, at most 100
};

// Writes a squashfs 4.0 image by libsquashfs: contents as they come, then inodes, directories and xattrs from the tree.
// The output depends on contents, their order, the tree and the options, and on nothing else. Times before 1970 become
// 1970, those after 2106 become 2106: the format has no others.
class SquashfsWriter final : public ContentStore {
 public:
  // Writes over the file at `path`; whoever calls gives it its final name. Throws reason::kSquashfs and what the file
  // system answers.
  SquashfsWriter(const std::filesystem::path& path, const SquashfsOptions& options);
  // Writes to an image file that is empty.
  SquashfsWriter(std::unique_ptr<ImageFile> image, const SquashfsOptions& options);
  ~SquashfsWriter() override;

  ContentId add(const std::string& path, Source& content, std::uint64_t size) override;
  // Writes the metadata; once, after the last content.
  SquashfsResult finish(const Tree& tree);
  // After finish(): the bytes of a file of that tree, read back from the image. The writer must outlive the source.
  std::unique_ptr<Source> open(const Inode& file) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::rootfs
