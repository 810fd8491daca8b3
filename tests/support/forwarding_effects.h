// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/effects.h"

namespace cairn::testing {

// Passes every act on: the base of what changes only some of them.
class ForwardingEffects : public Effects {
 public:
  explicit ForwardingEffects(Effects& next) : next_(next) {}

  Handle create(const Path& path, mode_t mode) override { return next_.create(path, mode); }
  Handle open(const Path& path) override { return next_.open(path); }
  void allocate(Handle file, std::uint64_t size) override { next_.allocate(file, size); }
  void write(Handle file, std::uint64_t offset, Bytes data) override { next_.write(file, offset, data); }
  void truncate(Handle file, std::uint64_t size) override { next_.truncate(file, size); }
  void sync(Handle file) override { next_.sync(file); }
  void close(Handle file) override { next_.close(file); }
  void make_directory(const Path& path, mode_t mode) override { next_.make_directory(path, mode); }
  void rename(const Path& from, const Path& to) override { next_.rename(from, to); }
  void remove(const Path& path) override { next_.remove(path); }
  void sync_directory(const Path& path) override { next_.sync_directory(path); }
  void settle_filesystem(const Path& mount_point) override { next_.settle_filesystem(mount_point); }
  void run(const Command& command) override { next_.run(command); }

 protected:
  Effects& next_;
};

}  // namespace cairn::testing
