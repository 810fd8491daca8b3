// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::disk {

// What is mounted where in this mount namespace, and what is swapped to.
class MountTable {
 public:
  // Reads self/mountinfo and swaps below `proc`.
  explicit MountTable(const std::filesystem::path& proc);

  // Mount points of a block device, and "swap"; by its number ("8:1") and by its name, as btrfs has numbers of its own.
  std::vector<std::string> uses_of(std::string_view device_number, const std::filesystem::path& device) const;

 private:
  struct Entry {
    std::string device_number;
    std::string source;
    std::string target;
  };
  std::vector<Entry> entries_;
};

}  // namespace cairn::disk
