// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/bootstate.h"
#include "core/effects.h"

#include <filesystem>

namespace cairn::boot {

// The two copies of the boot state in a directory of the mounted ESP. Calls must not overlap: the caller holds the
// node's lock.
class BootStateStore {
 public:
  BootStateStore(std::filesystem::path directory, Effects& effects)
      : directory_(std::move(directory)), effects_(effects) {}

  // Both copies as they are on the disk (a copy in the page cache that could not be written does not count). A file
  // that is missing or can't be read is no valid copy.
  Copies read() const;
  // The state that counts. Throws reason::kNoBootState.
  BootState current() const;

  // Makes the directory's two files with `first` in both. For a file system that was just made, or whose copies are
  // both damaged.
  void create(BootState first);
  // The commit: writes `next`, with the next sequence, over the copy that does not count and flushes it. Throws
  // reason::kNotWritten if that failed: then either state may be on the disk, and what either names must stay.
  void commit(BootState next);

 private:
  std::filesystem::path path_of(CopyName copy) const;
  void write_new(CopyName copy, BootState state, std::uint32_t sequence);

  std::filesystem::path directory_;
  Effects& effects_;
};

}  // namespace cairn::boot
