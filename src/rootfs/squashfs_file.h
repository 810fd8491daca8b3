// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/image_file.h"

#include <sqfs/io.h>
#include <sqfs/predef.h>

#include <exception>
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

// An ImageFile as libsquashfs wants it. No exception may pass through the library: it is kept, and check_sqfs() throws
// it when the library has given up.
class SquashfsFile : public sqfs_file_t {
 public:
  // `image` must outlive it.
  explicit SquashfsFile(ImageFile& image);

  const ImageFile& image() const { return image_; }
  std::exception_ptr failure() const { return failure_; }

 private:
  static SquashfsFile& self(sqfs_file_t* file) { return *static_cast<SquashfsFile*>(file); }
  template <class Act>
  int attempt(Act&& act);

  ImageFile& image_;
  std::exception_ptr failure_;
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
