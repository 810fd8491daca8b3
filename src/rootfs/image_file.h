// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"
#include "core/unique_fd.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::rootfs {

// Where an image is written: a plain file, or one whose writes are somebody's durable acts. Calls come from one thread
// at a time. All throw Error.
class ImageFile {
 public:
  virtual ~ImageFile() = default;
  // Reads exactly out.size() bytes that were written before.
  virtual void read_at(std::uint64_t offset, MutableBytes out) = 0;
  virtual void write_at(std::uint64_t offset, Bytes data) = 0;
  virtual std::uint64_t size() const = 0;
  // Longer (zeros are added) or shorter.
  virtual void resize(std::uint64_t size) = 0;
  // For errors.
  virtual std::string name() const = 0;
};

// A file in a file system; made, or emptied if it was there.
class PlainImageFile final : public ImageFile {
 public:
  explicit PlainImageFile(const std::filesystem::path& path);
  void read_at(std::uint64_t offset, MutableBytes out) override;
  void write_at(std::uint64_t offset, Bytes data) override;
  std::uint64_t size() const override { return size_; }
  void resize(std::uint64_t size) override;
  std::string name() const override { return path_.string(); }

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace cairn::rootfs
