// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/model_volume.h"

#include <functional>

namespace cairn::testing {

// The acts on one file system since it was made, resolved to what they touch on the disk.
class ModelVolume::Epoch {
 public:
  using Inode = std::size_t;
  static constexpr Inode kNobody = static_cast<Inode>(-1);
  static constexpr Inode kRoot = 0;

  // Acts before `begin` are not ours.
  Epoch(FileSystem kind, std::size_t begin, const Tree& initial);

  std::size_t begin() const { return begin_; }
  // `path` and `to` are relative to the root.
  void add(std::size_t act, const EffectRecord& record, const std::string& path, const std::string& to);
  Tree view(const CrashChoice& choice, Reader reader) const;

 private:
  // One change of metadata: of a directory's entries, or of an inode itself.
  struct Touch {
    enum class Kind { link, unlink, resize };
    std::size_t act;
    Kind kind;
    Inode inode;  // the directory, or the file that is resized
    std::string name = {};
    Inode child = kNobody;
    std::uint64_t size = 0;
  };
  struct Data {
    std::size_t act;
    Inode inode;
    std::uint64_t offset;
    std::string bytes;
  };
  // A successful flush: of one file, of one directory, or (kNobody) of everything with the journal brought home.
  struct Flush {
    std::size_t act;
    Inode inode;
  };
  struct File {
    bool directory;
    std::size_t born;  // act; begin_ for those that were there
    std::string initial;
    std::optional<std::size_t> died = std::nullopt;
    // As all acts so far left it.
    std::map<std::string, Inode> names = {};
    std::uint64_t size = 0;
  };
  class Crash;

  Inode find(const std::string& path) const;
  std::pair<Inode, std::string> parent_of(const std::string& path) const;
  Inode make(bool directory, std::size_t act, std::string content);
  void link(std::size_t act, const std::string& path, Inode child);
  void unlink(std::size_t act, const std::string& path);
  void resize(std::size_t act, Inode file, std::uint64_t size);

  FileSystem kind_;
  std::size_t begin_;
  std::vector<File> files_;
  std::vector<Touch> touches_;
  std::vector<Data> data_;
  std::vector<Flush> flushes_;
};

}  // namespace cairn::testing
