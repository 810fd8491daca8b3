// SPDX-License-Identifier: Apache-2.0
#include "rootfs/tree.h"

#include "core/text.h"

namespace cairn::rootfs {
namespace {

constexpr int kMaxSymlinks = 40;  // as the kernel

// The parts of a path, last first, on top of those that are already waiting.
void push_parts(std::string_view path, std::vector<std::string>& waiting) {
  const auto parts = split(path, '/');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!part->empty() && *part != ".") waiting.push_back(*part);
  }
}

enum class LastLink { follow, keep };

const Inode* walk(const Inode& root, std::string_view path, LastLink last) {
  std::vector<std::string> waiting;
  push_parts(path, waiting);
  std::vector<const Inode*> way = {&root};  // the root and each directory entered, for ".."
  int links = 0;
  while (!waiting.empty()) {
    const std::string part = std::move(waiting.back());
    waiting.pop_back();
    if (part == "..") {
      if (way.size() > 1) way.pop_back();
      continue;
    }
    const auto child = way.back()->children.find(part);
    if (child == way.back()->children.end()) return nullptr;
    const Inode& inode = *child->second;
    if (inode.type == NodeType::symlink && (last == LastLink::follow || !waiting.empty())) {
      if (++links > kMaxSymlinks) return nullptr;
      if (inode.target.starts_with('/')) way.resize(1);
      push_parts(inode.target, waiting);
      continue;
    }
    if (inode.type != NodeType::directory) return waiting.empty() ? &inode : nullptr;
    way.push_back(&inode);
  }
  return way.back();
}

}  // namespace

Tree::Tree() : root_(std::make_shared<Inode>()) {
  root_->type = NodeType::directory;
  root_->mode = 0755;
}

const Inode* Tree::find(std::string_view path) const { return walk(*root_, path, LastLink::follow); }
const Inode* Tree::find_no_follow(std::string_view path) const { return walk(*root_, path, LastLink::keep); }

}  // namespace cairn::rootfs
