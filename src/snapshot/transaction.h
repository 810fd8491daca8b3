// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.h"
#include "snapshot/store.h"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::snapshot {

class RunningXxh3;

// One file of a snapshot while it is written. Made by Transaction.
class SnapshotFile {
 public:
  SnapshotFile(Effects& effects, std::filesystem::path path, std::uint64_t reserved);
  SnapshotFile(const SnapshotFile&) = delete;
  SnapshotFile& operator=(const SnapshotFile&) = delete;
  ~SnapshotFile();

  // Anywhere in the file; bytes in between are zeros. Writers that only append are hashed on the way.
  void write_at(std::uint64_t offset, Bytes data);
  // Shorter, as by a writer that finds it wrote something twice; or longer by a few zeros.
  void resize(std::uint64_t size);
  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  // No more writes: gives back what was reserved in vain, flushes, and reads everything back from the disk. Throws
  // reason::kReadBack if that is not what was written.
  FileRecord seal();

 private:
  void close();

  Effects& effects_;
  std::filesystem::path path_;
  Effects::Handle file_;
  bool open_ = true;
  bool only_appended_ = true;
  std::uint64_t reserved_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;  // how far the file reaches, if it was made shorter
  std::unique_ptr<RunningXxh3> xxh3_;
  std::unique_ptr<Hasher> sha256_;
};

// Writes one snapshot. Until finish() nothing has its number; destroyed before, it removes all it wrote.
class Transaction {
 public:
  // `number` from SnapshotStore::next_number.
  Transaction(SnapshotStore& store, Number number);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  Number number() const { return number_; }

  // Makes a file and reserves its room. Reserve all before the first is written: then too little is known at once.
  // Throws cairn::reason::kNoSpace. The file belongs to the transaction.
  SnapshotFile& reserve(const std::string& name, std::uint64_t bytes);
  // All of `source` into a file that was reserved, sealed.
  void write(SnapshotFile& file, Source& source, const std::stop_token& stop = {});
  // Seals a file that its writer filled.
  void seal(SnapshotFile& file);
  // A small file that the manifest does not list.
  void write_text(const std::string& name, std::string_view text);

  // Writes the manifest with the files sealed so far, gives the snapshot its number and brings it home, so that a boot
  // state may name it. `manifest.files` is filled in.
  void finish(Manifest manifest);

 private:
  void abandon() noexcept;

  SnapshotStore& store_;
  Number number_;
  std::filesystem::path directory_;
  std::vector<std::unique_ptr<SnapshotFile>> files_;
  std::vector<FileRecord> records_;
  bool renamed_ = false;
  bool finished_ = false;
};

}  // namespace cairn::snapshot
