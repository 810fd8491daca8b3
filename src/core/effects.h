// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"
#include "core/stream.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace cairn {

// Every durable act of a transaction on a node goes through this interface, one call an act, so that a test can
// record the acts, stop at the k-th, tear it, drop what was not flushed and judge what a boot would find.
// Paths are absolute. All calls throw Error naming the path.
class Effects {
 public:
  using Path = std::filesystem::path;
  // An open file; valid until closed.
  using Handle = int;

  virtual ~Effects() = default;

  // Makes a new file (it must not exist) or opens an existing one for writing.
  virtual Handle create(const Path& path, mode_t mode) = 0;
  virtual Handle open(const Path& path) = 0;
  // Reserves space; throws reason::kNoSpace at once if there is too little.
  virtual void allocate(Handle file, std::uint64_t size) = 0;
  virtual void write(Handle file, std::uint64_t offset, Bytes data) = 0;
  virtual void truncate(Handle file, std::uint64_t size) = 0;
  virtual void sync(Handle file) = 0;
  virtual void close(Handle file) = 0;

  virtual void make_directory(const Path& path, mode_t mode) = 0;
  virtual void rename(const Path& from, const Path& to) = 0;
  virtual void remove(const Path& path) = 0;
  virtual void sync_directory(const Path& path) = 0;
  // Brings the whole file system home: it is synced and its journal emptied, so that a loader that never replays
  // journals reads what was written.
  virtual void settle_filesystem(const Path& mount_point) = 0;
  // A program that changes the disk (mkfs and the like), as one act.
  virtual void run(const Command& command) = 0;
};

// Does it; lives for the whole program.
Effects& system_effects();

}  // namespace cairn
