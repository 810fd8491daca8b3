// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/file.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::testing {

// A directory for one test, removed with it.
class TempTree {
 public:
  TempTree() : directory_(default_temp_parent(), "cairn-test") {}

  std::filesystem::path path(std::string_view name = "") const;
  // Makes parents as needed; returns the full path.
  std::filesystem::path write(std::string_view name, std::string_view text) const;
  std::string read(std::string_view name) const;
  // Names in the directory, sorted.
  std::vector<std::string> names() const;

 private:
  TempDir directory_;
};

}  // namespace cairn::testing
