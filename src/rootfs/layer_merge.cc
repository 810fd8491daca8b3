// SPDX-License-Identifier: Apache-2.0
#include "rootfs/layer_merge.h"

#include "core/text.h"
#include "rootfs/path_walk.h"
#include "rootfs/reasons.h"

#include <algorithm>

namespace cairn::rootfs {
namespace {

constexpr std::size_t kMaxDepth = 1024;  // of directories; keeps recursion over the tree safe

std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {std::string_view(), path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

NodeType node_type(archive::EntryType type) {
  switch (type) {
    case archive::EntryType::directory: return NodeType::directory;
    case archive::EntryType::symlink: return NodeType::symlink;
    case archive::EntryType::char_device: return NodeType::char_device;
    case archive::EntryType::block_device: return NodeType::block_device;
    case archive::EntryType::fifo: return NodeType::fifo;
    case archive::EntryType::file:
    case archive::EntryType::hard_link: break;
  }
  return NodeType::file;
}

void set_attributes(Inode& inode, const archive::TarEntry& entry) {
  inode.mode = entry.mode;
  inode.uid = entry.uid;
  inode.gid = entry.gid;
  inode.mtime = entry.mtime;
  inode.xattrs = entry.xattrs;
}

}  // namespace

WhiteoutName read_whiteout(std::string_view path) {
  constexpr std::string_view kPrefix = ".wh.";
  const auto [parent, name] = split_last(path);
  if (!name.starts_with(kPrefix)) return {};
  if (name == ".wh..wh..opq") return {WhiteoutName::Kind::opaque, std::string(parent)};
  if (name.starts_with(".wh..wh.")) return {WhiteoutName::Kind::ignored, {}};  // aufs' own book-keeping
  const std::string_view removed = name.substr(kPrefix.size());
  if (removed.empty() || removed == "." || removed == "..") {
    throw Error(reason::kBadLayer, "the whiteout \"{}\" names nothing", printable(path));
  }
  return {WhiteoutName::Kind::removes, parent.empty() ? std::string(removed) : fmt::format("{}/{}", parent, removed)};
}

void LayerMerge::apply(const std::vector<LayerEntry>& entries, const std::string& layer_name,
                       const std::function<void(const Inode&, std::size_t)>& on_file) {
  own_.clear();
  keeps_marks_ = std::any_of(entries.begin(), entries.end(), [](const LayerEntry& entry) {
    return split_last(entry.tar.path).second.starts_with(".wh.");
  });
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const LayerEntry& entry = entries[index];
    with_context(fmt::format("layer {}: \"{}\"", layer_name, printable(entry.tar.path)), [&] {
      const WhiteoutName whiteout = read_whiteout(entry.tar.path);
      switch (whiteout.kind) {
        case WhiteoutName::Kind::none: place(entry, index, on_file); break;
        case WhiteoutName::Kind::removes: remove(whiteout.path); break;
        case WhiteoutName::Kind::opaque: make_opaque(whiteout.path); break;
        case WhiteoutName::Kind::ignored: break;
      }
    });
  }
}

// Walks to a directory, through symlinks and never above the root. False if it is missing and is not to be made.
bool LayerMerge::walk_to_directory(std::string_view path, Missing missing, std::int64_t mtime, Way& way) {
  PathWalk left(path);
  way.assign(1, {&tree_.root(), {}});
  while (!left.done()) {
    const std::string part = left.next();
    if (part == "..") {
      if (way.size() > 1) way.pop_back();
      continue;
    }
    auto child = way.back().directory->children.find(part);
    if (child == way.back().directory->children.end()) {
      if (missing == Missing::give_up) return false;
      auto made = std::make_shared<Inode>();
      made->type = NodeType::directory;
      made->mode = 0755;
      made->mtime = mtime;
      mark(way, part);
      child = way.back().directory->children.emplace(part, std::move(made)).first;
    }
    Inode& inode = *child->second;
    if (inode.type == NodeType::symlink) {
      if (!left.follow(inode.target)) {
        throw Error(reason::kBadLayer, "the way to it has more than {} symlinks", PathWalk::kMaxSymlinks);
      }
      if (inode.target.starts_with('/')) way.resize(1);
    } else if (inode.type != NodeType::directory) {
      if (missing == Missing::give_up) return false;
      throw Error(reason::kBadLayer, "\"{}\" on the way to it is not a directory", printable(part));
    } else {
      if (way.size() >= kMaxDepth) throw Error(reason::kLayerLimit, "it lies deeper than {} directories", kMaxDepth);
      way.push_back({&inode, child->first});
    }
  }
  return true;
}

void LayerMerge::place(const LayerEntry& entry, std::size_t index,
                       const std::function<void(const Inode&, std::size_t)>& on_file) {
  if (entry.tar.path.empty()) {
    set_attributes(tree_.root(), entry.tar);
    return;
  }
  const auto [parent, leaf] = split_last(entry.tar.path);
  const std::string name(leaf);
  Way way;
  walk_to_directory(parent, Missing::create, entry.tar.mtime, way);
  std::shared_ptr<Inode>* slot = nullptr;
  if (entry.tar.type == archive::EntryType::hard_link) {
    auto target = find_link_target(entry.tar);
    slot = &way.back().directory->children[name];
    *slot = std::move(target);
  } else {
    slot = &way.back().directory->children[name];
    const bool keeps_children =
        *slot && (*slot)->type == NodeType::directory && entry.tar.type == archive::EntryType::directory;
    if (!keeps_children) *slot = std::make_shared<Inode>();
    Inode& inode = **slot;
    inode.type = node_type(entry.tar.type);
    set_attributes(inode, entry.tar);
    if (inode.type == NodeType::file) {
      inode.size = entry.tar.size;
      inode.content = entry.content;
      on_file(inode, index);
    }
    if (inode.type == NodeType::symlink) inode.target = entry.tar.link_target;
    inode.device_major = entry.tar.device_major;
    inode.device_minor = entry.tar.device_minor;
  }
  mark(way, name);
}

std::shared_ptr<Inode> LayerMerge::find_link_target(const archive::TarEntry& entry) {
  const auto [parent, leaf] = split_last(entry.link_target);
  Way way;
  if (walk_to_directory(parent, Missing::give_up, 0, way)) {
    const auto found = way.back().directory->children.find(leaf);
    if (found != way.back().directory->children.end()) {
      if (found->second->type != NodeType::directory) return found->second;
      throw Error(reason::kBadLayer, "it is a hard link to the directory \"{}\"", printable(entry.link_target));
    }
  }
  throw Error(reason::kBadLayer, "it is a hard link to \"{}\", which does not exist", printable(entry.link_target));
}

void LayerMerge::remove(const std::string& path) {
  const auto [parent, leaf] = split_last(path);
  Way way;
  if (!walk_to_directory(parent, Missing::give_up, 0, way)) return;
  const auto child = way.back().directory->children.find(leaf);
  if (child == way.back().directory->children.end()) return;
  if (!marked(*way.back().directory, child->first)) {
    way.back().directory->children.erase(child);
  } else if (child->second->type == NodeType::directory) {
    prune(*child->second);  // the layer has a directory of its own there
  }
}

void LayerMerge::make_opaque(const std::string& path) {
  Way way;
  if (walk_to_directory(path, Missing::give_up, 0, way)) prune(*way.back().directory);
}

// Removes all that lower layers have put beneath a directory.
void LayerMerge::prune(Inode& directory) {
  for (auto child = directory.children.begin(); child != directory.children.end();) {
    if (!marked(directory, child->first)) {
      child = directory.children.erase(child);
      continue;
    }
    if (child->second->type == NodeType::directory) prune(*child->second);
    ++child;
  }
}

// Marks a name and the directories on the way to it: what lies there is this layer's.
void LayerMerge::mark(const Way& way, std::string_view name) {
  if (!keeps_marks_) return;
  own_.emplace(way.back().directory, name);
  for (std::size_t i = way.size() - 1; i > 0; --i) {
    if (!own_.emplace(way[i - 1].directory, way[i].name).second) return;
  }
}

bool LayerMerge::marked(const Inode& directory, const std::string& name) const {
  return own_.contains({&directory, name});
}

}  // namespace cairn::rootfs
