// SPDX-License-Identifier: Apache-2.0
#include "rootfs/squashfs_file.h"

#include "rootfs/reasons.h"

#include <fcntl.h>
#include <sqfs/error.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cairn::rootfs {

SquashfsFile::SquashfsFile(const std::filesystem::path& path, Mode mode) : sqfs_file_t{}, path_(path) {
  const int flags = mode == Mode::create ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY;
  fd_ = UniqueFd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) {
    throw system_error(errno, fmt::format("opening {}", path.string()));
  }
  size_ = static_cast<sqfs_u64>(status.st_size);
  base.destroy = [](sqfs_object_t*) {};  // the C++ owner destroys it
  base.copy = [](const sqfs_object_t*) -> sqfs_object_t* { return nullptr; };
  read_at = read_bytes;
  write_at = write_bytes;
  get_size = size_of;
  truncate = set_size;
}

int SquashfsFile::read_bytes(sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size) {
  auto* out = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t count = ::pread(self(file).fd(), out, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) self(file).last_errno_ = errno;
    if (count < 0) return SQFS_ERROR_IO;
    if (count == 0) return SQFS_ERROR_OUT_OF_BOUNDS;
    out += count;
    offset += static_cast<sqfs_u64>(count);
    size -= static_cast<std::size_t>(count);
  }
  return 0;
}

int SquashfsFile::write_bytes(sqfs_file_t* file, sqfs_u64 offset, const void* buffer, std::size_t size) {
  const auto* in = static_cast<const char*>(buffer);
  while (size > 0) {
    const ssize_t count = ::pwrite(self(file).fd(), in, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) self(file).last_errno_ = errno;
    if (count < 0) return SQFS_ERROR_IO;
    in += count;
    offset += static_cast<sqfs_u64>(count);
    size -= static_cast<std::size_t>(count);
  }
  self(file).size_ = std::max(self(file).size_, offset);
  return 0;
}

int SquashfsFile::set_size(sqfs_file_t* file, sqfs_u64 size) {
  if (::ftruncate(self(file).fd(), static_cast<off_t>(size)) != 0) {
    self(file).last_errno_ = errno;
    return SQFS_ERROR_IO;
  }
  self(file).size_ = size;
  return 0;
}

void check_sqfs(int result, std::string_view doing, const SquashfsFile& file) {
  if (result >= 0) return;
  if (result == SQFS_ERROR_IO && file.last_errno() != 0) {
    throw system_error(file.last_errno(), fmt::format("{} {}", doing, file.path().string()));
  }
  const auto why = [&]() -> std::string {
    switch (result) {
      case SQFS_ERROR_ALLOC: return "out of memory";
      case SQFS_ERROR_COMPRESSOR: return "the compressor failed";
      case SQFS_ERROR_CORRUPTED: return "the image is damaged";
      case SQFS_ERROR_UNSUPPORTED: return "something in it is not supported";
      case SQFS_ERROR_OVERFLOW: return "a number is out of range";
      case SQFS_ERROR_OUT_OF_BOUNDS: return "the image is cut off";
      default: return fmt::format("libsquashfs error {}", result);
    }
  }();
  throw Error(reason::kSquashfs, "{} {}: {}", doing, file.path().string(), why);
}

}  // namespace cairn::rootfs
