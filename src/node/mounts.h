// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/unique_fd.h"

#include <filesystem>
#include <string>
#include <vector>

namespace cairn::node {

// One call of mount(2).
struct Mount {
  std::string source;            // a device, or a name for what has none
  std::filesystem::path target;  // made if missing
  std::string type;              // "iso9660"
  unsigned long flags = 0;       // MS_RDONLY and the like
  std::string options = {};      // of the file system
};

// The mounts of one transaction: unmounted again, last first, unless kept.
class Mounts {
 public:
  Mounts() = default;
  Mounts(const Mounts&) = delete;
  Mounts& operator=(const Mounts&) = delete;
  ~Mounts();

  // Throws reason::kNoFileSystem when the kernel does not know the type, reason::kBadMedium when the source holds none
  // of it or can't be read, else as errno says.
  void add(const Mount& mount);
  void keep() { targets_.clear(); }

 private:
  std::vector<std::filesystem::path> targets_;
};

// A file as a read-only block device, which goes with its last user: mount it while this is alive. The kernel holds the
// file open, so that it stays readable when its name is gone.
class LoopDevice {
 public:
  explicit LoopDevice(const std::filesystem::path& file);
  const std::string& path() const { return path_; }

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace cairn::node
