// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::media {

// Writes an uncompressed cpio archive in the newc form that the kernel unpacks as an initramfs
// (Documentation/driver-api/early-userspace/buffer-format.rst). Same input, same bytes; all is root's.
class CpioWriter {
 public:
  // The archive must begin at a multiple of 4 in the file; `offset` is where.
  CpioWriter(Sink& out, std::uint64_t offset) : out_(out), offset_(offset) {}

  void add_directory(std::string_view path);
  // Brings exactly `size` bytes, at most 4 GiB - 1 (else reason::kTooLargeForMedium). Returns where in the file the
  // content begins.
  std::uint64_t add_file(std::string_view path, std::uint64_t size, Source& content);
  void finish();

 private:
  void add_header(std::string_view path, std::uint32_t mode, std::uint32_t links, std::uint32_t size);
  void write(Bytes bytes);
  void pad();

  Sink& out_;
  std::uint64_t offset_;
  std::uint32_t inode_ = 0;
};

}  // namespace cairn::media
