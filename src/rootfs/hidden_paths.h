// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace cairn::rootfs {

// What upper layers surely hide of lower ones, judged by names alone. It decides only which contents are not worth
// storing: if a name leads elsewhere through a symlink, content may be stored in vain, or skipped and read again later,
// but the merged tree does not depend on it.
class HiddenPaths {
 public:
  // An entry of an upper layer stands at `path`.
  void add_entry(std::string_view path, bool directory) {
    at_.emplace(path);
    if (!directory) beneath_.emplace(path);
  }
  void add_whiteout(std::string_view path) { add_entry(path, false); }
  void add_opaque(std::string_view directory) { beneath_.emplace(directory); }

  // Whether a file at `path` in a lower layer is hidden.
  bool hides_file(std::string_view path) const {
    if (at_.contains(path)) return true;
    for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
      if (beneath_.contains(path.substr(0, end))) return true;
    }
    return beneath_.contains(std::string_view());
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Set = std::unordered_set<std::string, Hash, std::equal_to<>>;
  Set at_;
  Set beneath_;
};

}  // namespace cairn::rootfs
