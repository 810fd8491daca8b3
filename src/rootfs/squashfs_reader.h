// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"
#include "rootfs/tree.h"

#include <filesystem>
#include <memory>

namespace cairn::rootfs {

// Reads a squashfs image without mounting it: names into a Tree, and contents one by one.
class SquashfsReader {
 public:
  explicit SquashfsReader(const std::filesystem::path& path);
  ~SquashfsReader();

  // The whole tree; Inode::content is usable with open() of this reader.
  const Tree& tree() const;
  std::unique_ptr<Source> open(const Inode& file) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::rootfs
