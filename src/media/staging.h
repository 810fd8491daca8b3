// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.h"
#include "core/stream.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::media {

// A file of a medium.
struct MediumFile {
  std::string path;  // on the medium, with a leading slash
  std::uint64_t size = 0;
  Digest digest = sha256({});  // sha256
};

// A folder in which the files of a medium are gathered, each with its size and digest.
class Staging {
 public:
  // `root` is an existing empty directory.
  explicit Staging(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path path_of(std::string_view medium_path) const;
  // `medium_path` has a leading slash; folders are made as needed. Throws reason::kBadMedium if the name is taken.
  MediumFile write(std::string_view medium_path, Source& content);
  MediumFile write_text(std::string_view medium_path, std::string_view text);
  MediumFile copy(std::string_view medium_path, const std::filesystem::path& from);
  // Copies all files and folders below `from`; symlinks and what is no file are refused.
  void copy_tree(std::string_view medium_path, const std::filesystem::path& from);
  // Takes in a file that somebody wrote at path_of(medium_path).
  MediumFile add_written(std::string_view medium_path);

  const std::vector<MediumFile>& files() const { return files_; }
  // Gives every file and folder this time and the modes 0644 and 0755: what the medium shows of them.
  void settle(std::int64_t mtime) const;

 private:
  std::filesystem::path root_;
  std::vector<MediumFile> files_;
};

}  // namespace cairn::media
