// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/unique_fd.h"

#include <sqfs/io.h>
#include <sqfs/predef.h>

#include <filesystem>
#include <memory>
#include <string_view>

namespace cairn::rootfs {

// Destroys libsquashfs' objects.
struct SqfsDestroy {
  void operator()(void* object) const { sqfs_destroy(object); }
};
struct SqfsFree {
  void operator()(void* memory) const { sqfs_free(memory); }
};
template <class T>
using SqfsObject = std::unique_ptr<T, SqfsDestroy>;
template <class T>
using SqfsMemory = std::unique_ptr<T, SqfsFree>;

// A file as libsquashfs wants it, that remembers errno: "no space left" must not become "I/O error".
class SquashfsFile : public sqfs_file_t {
 public:
  enum class Mode { create, read };
  SquashfsFile(const std::filesystem::path& path, Mode mode);

  int fd() const { return fd_.get(); }
  int last_errno() const { return last_errno_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  static SquashfsFile& self(sqfs_file_t* file) { return *static_cast<SquashfsFile*>(file); }
  static int read_bytes(sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size);
  static int write_bytes(sqfs_file_t* file, sqfs_u64 offset, const void* buffer, std::size_t size);
  static int set_size(sqfs_file_t* file, sqfs_u64 size);
  static sqfs_u64 size_of(const sqfs_file_t* file) { return static_cast<const SquashfsFile*>(file)->size_; }

  std::filesystem::path path_;
  UniqueFd fd_;
  sqfs_u64 size_ = 0;
  int last_errno_ = 0;
};

// Throws for a negative result of libsquashfs.
void check_sqfs(int result, std::string_view doing, const SquashfsFile& file);
// Throws for a null pointer: libsquashfs had no memory.
template <class T>
T* check_sqfs_made(T* object, const SquashfsFile& file) {
  if (object == nullptr) check_sqfs(-1, "getting memory", file);
  return object;
}

}  // namespace cairn::rootfs
