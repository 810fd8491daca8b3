// SPDX-License-Identifier: Apache-2.0
#include "rootfs/tree.h"

#include "rootfs/path_walk.h"

namespace cairn::rootfs {
namespace {

enum class LastLink { follow, keep };

const Inode* walk(const Inode& root, std::string_view path, LastLink last) {
  PathWalk left(path);
  std::vector<const Inode*> way = {&root};  // the root and each directory entered, for ".."
  while (!left.done()) {
    const std::string part = left.next();
    if (part == "..") {
      if (way.size() > 1) way.pop_back();
      continue;
    }
    const auto child = way.back()->children.find(part);
    if (child == way.back()->children.end()) return nullptr;
    const Inode& inode = *child->second;
    if (inode.type == NodeType::symlink && (last == LastLink::follow || !left.done())) {
      if (!left.follow(inode.target)) return nullptr;
      if (inode.target.starts_with('/')) way.resize(1);
      continue;
    }
    if (inode.type != NodeType::directory) return left.done() ? &inode : nullptr;
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
