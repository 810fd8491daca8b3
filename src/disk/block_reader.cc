// SPDX-License-Identifier: Apache-2.0
#include "disk/block_reader.h"

#include "core/error.h"
#include "core/file.h"
#include "core/reasons.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::disk {

FileBlocks::FileBlocks(const std::filesystem::path& path) : fd_(open_read(path)), name_(path.string()) {
  const off_t end = ::lseek(fd_.get(), 0, SEEK_END);  // of a block device, too
  if (end < 0) throw system_error(errno, fmt::format("finding the size of {}", name_));
  size_ = static_cast<std::uint64_t>(end);
}

void FileBlocks::read(std::uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw system_error(count < 0 ? errno : EIO, fmt::format("reading {} at {}", name_, offset));
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void MemoryBlocks::read(std::uint64_t offset, MutableBytes out) {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
    throw Error(cairn::reason::kInternal, "reading {} bytes at {} of {}", out.size(), offset, bytes_.size());
  }
  const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
  std::copy(from, from + static_cast<std::ptrdiff_t>(out.size()), out.begin());
}

}  // namespace cairn::disk
