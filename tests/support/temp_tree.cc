// SPDX-License-Identifier: Apache-2.0
#include "support/temp_tree.h"

#include <algorithm>

namespace cairn::testing {

std::filesystem::path TempTree::path(std::string_view name) const {
  return name.empty() ? directory_.path() : directory_.path() / name;
}

std::filesystem::path TempTree::write(std::string_view name, std::string_view text) const {
  const std::filesystem::path target = path(name);
  std::filesystem::create_directories(target.parent_path());
  atomic_write(target, as_bytes(text));
  return target;
}

std::string TempTree::read(std::string_view name) const { return read_file(path(name), 64 << 20); }

std::vector<std::string> TempTree::names() const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    found.push_back(entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace cairn::testing
