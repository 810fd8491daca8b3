// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/tar.h"
#include "rootfs/tree.h"

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::rootfs {

// A tar entry of a layer, and where its content went; no content and a size means it was skipped as hidden.
struct LayerEntry {
  archive::TarEntry tar;
  std::optional<ContentId> content;
};

// What a layer's file name says by OCI's rules (image-spec, layer: whiteouts).
struct WhiteoutName {
  enum class Kind { none, removes, opaque, ignored };
  Kind kind = Kind::none;
  std::string path;  // of what is removed, or of the opaque directory
};
// Throws reason::kBadLayer for a whiteout of nothing.
WhiteoutName read_whiteout(std::string_view path);

// Lays one layer after another onto a tree, bottom first.
class LayerMerge {
 public:
  explicit LayerMerge(Tree& tree) : tree_(tree) {}

  // Applies one layer's entries in their order. `on_file` is told each file's inode with the entry's index.
  void apply(const std::vector<LayerEntry>& entries, const std::string& layer_name,
             const std::function<void(const Inode&, std::size_t index)>& on_file);

 private:
  // A directory of the tree and the way to it, the root first; each with its name in the one before.
  struct Step {
    Inode* directory;
    std::string_view name;  // the key in the parent's map
  };
  using Way = std::vector<Step>;
  enum class Missing { create, give_up };

  bool walk_to_directory(std::string_view path, Missing missing, std::int64_t mtime, Way& way);
  void place(const LayerEntry& entry, std::size_t index, const std::function<void(const Inode&, std::size_t)>& on_file);
  std::shared_ptr<Inode> find_link_target(const archive::TarEntry& entry);
  void remove(const std::string& path);
  void make_opaque(const std::string& path);
  void prune(Inode& directory);
  void mark(const Way& way, std::string_view name);
  bool marked(const Inode& directory, const std::string& name) const;

  Tree& tree_;
  // Names that the layer being applied has put or entered: its own whiteouts must not touch them. Kept only for
  // layers that have whiteouts.
  bool keeps_marks_ = false;
  std::set<std::pair<const Inode*, std::string>> own_;
};

}  // namespace cairn::rootfs
