// SPDX-License-Identifier: Apache-2.0
#include "rootfs/squashfs_file.h"

#include "core/error.h"
#include "rootfs/reasons.h"

#include <sqfs/error.h>

namespace cairn::rootfs {

template <class Act>
int SquashfsFile::attempt(Act&& act) {
  try {
    act();
    return 0;
  } catch (...) {  // recovers nothing: check_sqfs() throws it again, on the other side of the library
    if (!failure_) failure_ = std::current_exception();
    return SQFS_ERROR_IO;
  }
}

SquashfsFile::SquashfsFile(ImageFile& image) : sqfs_file_t{}, image_(image) {
  base.destroy = [](sqfs_object_t*) {};  // the C++ owner destroys it
  base.copy = [](const sqfs_object_t*) -> sqfs_object_t* { return nullptr; };
  read_at = [](sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size) {
    return self(file).attempt(
        [&] { self(file).image_.read_at(offset, MutableBytes(static_cast<std::byte*>(buffer), size)); });
  };
  write_at = [](sqfs_file_t* file, sqfs_u64 offset, const void* buffer, std::size_t size) {
    return self(file).attempt(
        [&] { self(file).image_.write_at(offset, Bytes(static_cast<const std::byte*>(buffer), size)); });
  };
  get_size = [](const sqfs_file_t* file) -> sqfs_u64 { return static_cast<const SquashfsFile*>(file)->image_.size(); };
  truncate = [](sqfs_file_t* file, sqfs_u64 size) {
    return self(file).attempt([&] { self(file).image_.resize(size); });
  };
}

void check_sqfs(int result, std::string_view doing, const SquashfsFile& file) {
  if (result >= 0) return;
  if (file.failure()) std::rethrow_exception(file.failure());
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
  throw Error(reason::kSquashfs, "{} {}: {}", doing, file.image().name(), why);
}

}  // namespace cairn::rootfs
