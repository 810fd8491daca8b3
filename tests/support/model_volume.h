// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/effect_record.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::testing {

// Everything below a directory: path without a leading slash -> content, nothing for a directory. Parents come first.
using Tree = std::map<std::string, std::optional<std::string>>;

Tree read_tree(const std::filesystem::path& root);
void write_tree(const std::filesystem::path& root, const Tree& tree);

// Which of the things that a power cut leaves open happened. The rules below say what is open at all.
struct CrashChoice {
  static constexpr std::uint64_t kNone = 0;
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  static constexpr std::uint64_t kFirstSectors = 1;  // of each write, its first half
  static constexpr std::uint64_t kLastSectors = 2;   // its second half
  static constexpr std::uint64_t kGarbage = 3;       // all were being written and hold nothing that can be read
  // Other numbers: any subset, made from that number.

  std::size_t end = 0;            // acts before this one were asked for
  unsigned journal = 0;           // how much of what was not forced into ext4's journal is in it: 0 none, 1 half, 2 all
  std::uint64_t sectors = kNone;  // which sectors of data that was not flushed are on the disk
  std::uint64_t metadata = kNone;  // ext4: what of the journal is home, too; FAT: which entries are on the disk

  std::string to_text() const;
};

enum class FileSystem { ext4, fat };
// The loader reads what is home; a system that mounts the file system replays the journal first.
enum class Reader { loader, system };

// One file system through a series of acts, and what may be found on it after a power cut anywhere in between.
//
// ext4 (ordered): acts on names and sizes go into the journal in their order; fsync of anything forces all before it
// in. Data that was not flushed may be there or not, sector by sector. The journal is home for certain only after
// `settle`; until then each directory and each inode may be home or not, on its own, and blocks of a file that is newly
// written count only when its inode is home. Blocks of removed files are used again: who still sees the name then reads
// something else.
//
// FAT: no journal. Each entry of a directory is written on its own, a rename as two; flushed by fsync of the file or
// folder.
class ModelVolume {
 public:
  // `mount` is where the acts' paths begin. At the beginning everything is home.
  ModelVolume(std::filesystem::path mount, FileSystem kind, Tree initial);

  // The next act of the series; those on other file systems count, too.
  void add(const EffectRecord& record);
  Tree view(const CrashChoice& choice, Reader reader) const;

 private:
  class Epoch;  // from one making of the file system to the next

  std::optional<std::string> relative(const std::filesystem::path& path) const;

  std::filesystem::path mount_;
  FileSystem kind_;
  std::size_t acts_ = 1;  // act 0 is the beginning
  std::vector<std::shared_ptr<Epoch>> epochs_;
};

}  // namespace cairn::testing
