// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/unique_fd.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::disk {

// One call of mount(2).
struct Mount {
  std::string source;            // a device, or a name for what has none
  std::filesystem::path target;  // made as a directory if missing
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

  // Throws reason::kNoDriver when the kernel does not know the type, reason::kNotMountable when the source holds none
  // of it or can't be read, else as errno says.
  void add(const Mount& mount);
  // Unmounts all, last first, and says what failed: after it, what was written is on the disk.
  void close();
  void keep() { targets_.clear(); }

 private:
  std::vector<std::filesystem::path> targets_;
};

// From now on what this process mounts is seen by it and its children only, and gone with the last of them: killed, it
// leaves nothing mounted. What others mount still appears here. Threads that run already are not taken along.
void use_private_mounts();

// A file as a block device, which goes with its last user: mount it while this is alive. The kernel holds the file
// open, so that it stays readable when its name is gone.
class LoopDevice {
 public:
  enum class Access { read_only, read_write };
  // With `sector_size` other than 0 the device has sectors of so many bytes.
  explicit LoopDevice(const std::filesystem::path& file, Access access = Access::read_only,
                      std::uint32_t sector_size = 0);
  const std::string& path() const { return path_; }

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace cairn::disk
