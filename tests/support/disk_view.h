// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::testing {

// Partitions that decide what starts, and what it does then.
enum class Place { esp, state, recovery, oem };

// What somebody who reads a disk finds on it: the loader, or a system that mounted it. Paths have no leading slash.
class DiskView {
 public:
  virtual ~DiskView() = default;
  // Nothing if there is no such file, or it can't be read.
  virtual std::optional<std::string> read(Place place, std::string_view path) const = 0;
  // Names in a directory, sorted; none if there is no such directory.
  virtual std::vector<std::string> list(Place place, std::string_view directory) const = 0;
};

}  // namespace cairn::testing
