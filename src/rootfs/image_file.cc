// SPDX-License-Identifier: Apache-2.0
#include "rootfs/image_file.h"

#include "core/error.h"
#include "rootfs/reasons.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::rootfs {

PlainImageFile::PlainImageFile(const std::filesystem::path& path)
    : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (!fd_) throw system_error(errno, fmt::format("opening {}", path.string()));
}

void PlainImageFile::read_at(std::uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error(errno, fmt::format("reading {}", name()));
    if (count == 0) throw Error(reason::kSquashfs, "reading {}: the image is cut off", name());
    offset += static_cast<std::uint64_t>(count);
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

void PlainImageFile::write_at(std::uint64_t offset, Bytes data) {
  while (!data.empty()) {
    const ssize_t count = ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error(errno, fmt::format("writing {}", name()));
    offset += static_cast<std::uint64_t>(count);
    data = data.subspan(static_cast<std::size_t>(count));
  }
  size_ = std::max(size_, offset);
}

void PlainImageFile::resize(std::uint64_t size) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
    throw system_error(errno, fmt::format("writing {}", name()));
  }
  size_ = size;
}

}  // namespace cairn::rootfs
