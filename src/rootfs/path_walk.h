// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/text.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::rootfs {

// What is left of a path while it is walked through a tree: a symlink on the way puts its target in front.
class PathWalk {
 public:
  static constexpr int kMaxSymlinks = 40;  // as the kernel

  explicit PathWalk(std::string_view path) { push(path); }

  bool done() const { return waiting_.empty(); }
  // The next part, ".." included; neither empty nor ".".
  std::string next() {
    std::string part = std::move(waiting_.back());
    waiting_.pop_back();
    return part;
  }
  // Goes on along a symlink's target; false if that is one too many.
  bool follow(std::string_view target) {
    push(target);
    return ++links_ <= kMaxSymlinks;
  }

 private:
  void push(std::string_view path) {
    const auto parts = split(path, '/');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      if (!part->empty() && *part != ".") waiting_.push_back(*part);
    }
  }

  std::vector<std::string> waiting_;  // the next one last
  int links_ = 0;
};

}  // namespace cairn::rootfs
