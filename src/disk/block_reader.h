// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"
#include "core/unique_fd.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::disk {

// Bytes of a disk, a partition or an image at any place.
class BlockReader {
 public:
  virtual ~BlockReader() = default;
  virtual std::uint64_t size() const = 0;
  // Reads exactly out.size() bytes; the caller stays within size(). Throws Error.
  virtual void read(std::uint64_t offset, MutableBytes out) = 0;
};

// A block device or a file.
class FileBlocks final : public BlockReader {
 public:
  explicit FileBlocks(const std::filesystem::path& path);
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, MutableBytes out) override;

 private:
  UniqueFd fd_;
  std::string name_;
  std::uint64_t size_;
};

// Memory that the caller keeps alive.
class MemoryBlocks final : public BlockReader {
 public:
  explicit MemoryBlocks(Bytes bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, MutableBytes out) override;

 private:
  Bytes bytes_;
};

}  // namespace cairn::disk
