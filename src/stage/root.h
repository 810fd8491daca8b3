// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/file.h"

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::stage {

// Mode and owner of something made; no owner = who we are.
struct Attributes {
  mode_t mode = 0644;
  std::optional<uid_t> user = std::nullopt;
  std::optional<gid_t> group = std::nullopt;
};

// The file system that a stage works on: "/" or a tree elsewhere. Every path is looked up beneath it, links in it too
// (openat2 RESOLVE_IN_ROOT), so nothing outside can be read or written whatever the tree holds. Paths are absolute as
// seen from inside. All calls throw Error naming the path.
class Root {
 public:
  explicit Root(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  // Whether it is the root of the running system (or of the initramfs).
  bool is_system() const { return path_ == "/"; }

  // A directory as a root of its own: links in it lead nowhere outside, which matters where a user may make some.
  Root enter(const std::string& path) const;

  UniqueFd open(const std::string& path, int flags, mode_t mode = 0) const;
  // For calls that want a descriptor; made if missing (0755).
  UniqueFd open_directory(const std::string& path) const;
  bool exists(const std::string& path) const;
  // Nothing if there is no such file; throws past `max_bytes`.
  std::optional<std::string> find_file(const std::string& path, std::size_t max_bytes) const;
  // Names in a directory in byte order; none if there is no such directory.
  std::vector<std::string> list(const std::string& path) const;
  bool is_directory(const std::string& path) const;
  // Nothing if there is no such path; follows links.
  std::optional<Attributes> find_attributes(const std::string& path) const;

  // A file that is complete or not there: written beside, synced, renamed. Missing parents are made (0755). A link of
  // that name is replaced, what it leads to stays. A file that has this content, mode and owner already is left alone.
  // Where the name is a mount point, its content is replaced in place.
  void write_file(const std::string& path, Bytes data, const Attributes& attributes) const;
  // The same for content that `produce` writes piece by piece.
  void write_file(const std::string& path, const Attributes& attributes,
                  const std::function<void(Sink&)>& produce) const;
  // Replaces the content of a file, whose mode and owner stay; `attributes` are for a new one.
  void replace_file(const std::string& path, std::string_view text, const Attributes& attributes = {}) const;
  // A directory with these attributes, new or not; missing parents are made (0755).
  void make_directory(const std::string& path, const Attributes& attributes) const;
  // No error if it is not there.
  void remove_file(const std::string& path) const;

 private:
  Root(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  // The directory that holds `path`, made if missing.
  UniqueFd open_parent(const std::string& path) const;
  std::string name_of(const std::string& path) const;

  std::filesystem::path path_;
  UniqueFd fd_;
};

}  // namespace cairn::stage
