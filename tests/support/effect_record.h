// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/forwarding_effects.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cairn::testing {

enum class EffectKind {
  create,
  allocate,
  write,
  truncate,
  sync,
  make_directory,
  rename,
  remove,
  sync_directory,
  settle,
  run
};

// One durable act that was asked for. Opening and closing change nothing and are not recorded.
struct EffectRecord {
  EffectKind kind;
  std::filesystem::path path;     // of the file or directory
  std::filesystem::path to = {};  // rename
  std::uint64_t offset = 0;       // write
  std::uint64_t size = 0;         // allocate, truncate
  std::string data = {};          // write
  bool failed = false;            // an error was reported: it may have happened or not

  std::string to_text() const;
};

// The act with the number `call`, counted from 0, fails with this errno. Power cuts need none of this: they are made of
// the records afterwards (model_disk.h).
struct Fault {
  std::size_t call = 0;
  int error_number = 0;  // 0 = none
};

// Records every act on its way to `next`, and makes one of them fail.
class RecordingEffects : public ForwardingEffects {
 public:
  RecordingEffects(Effects& next, Fault fault) : ForwardingEffects(next), fault_(fault) {}

  const std::vector<EffectRecord>& records() const { return records_; }

  Handle create(const Path& path, mode_t mode) override;
  Handle open(const Path& path) override;
  void allocate(Handle file, std::uint64_t size) override;
  void write(Handle file, std::uint64_t offset, Bytes data) override;
  void truncate(Handle file, std::uint64_t size) override;
  void sync(Handle file) override;
  void close(Handle file) override;
  void make_directory(const Path& path, mode_t mode) override;
  void rename(const Path& from, const Path& to) override;
  void remove(const Path& path) override;
  void sync_directory(const Path& path) override;
  void settle_filesystem(const Path& mount_point) override;
  void run(const Command& command) override;

 private:
  // Throws for the one that the fault is for.
  void record(EffectRecord record);

  Fault fault_;
  std::vector<EffectRecord> records_;
  std::map<Handle, Path> names_;
};

}  // namespace cairn::testing
