// SPDX-License-Identifier: Apache-2.0
#include "rootfs/merge.h"

#include "core/clock.h"
#include "core/text.h"
#include "rootfs/hidden_paths.h"
#include "rootfs/layer_merge.h"
#include "rootfs/reasons.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace cairn::rootfs {
namespace {

// One file's content in one layer.
struct ContentPlace {
  std::size_t layer;
  std::size_t entry;
};

class Merger {
 public:
  Merger(std::span<const LayerInput> layers, ContentStore& store, const MergeLimits& limits, Progress& progress,
         const std::stop_token& stop)
      : layers_(layers), store_(store), limits_(limits), progress_(progress), stop_(stop), entries_(layers.size()) {}

  Tree run() {
    HiddenPaths hidden;
    for (std::size_t layer = layers_.size(); layer-- > 0;) {
      read_layer(layer, hidden);
      if (layer > 0) add_to_hidden(entries_[layer], hidden);
    }
    Tree tree;
    merge_names(tree);
    fetch_skipped(tree);
    return tree;
  }

 private:
  // Passes a layer by: keeps its names, stores its contents but for those that are hidden.
  void read_layer(std::size_t layer, const HiddenPaths& hidden) {
    const std::unique_ptr<Source> source = layers_[layer].open();
    archive::TarReader reader(*source, "layer " + layers_[layer].name);
    while (auto entry = reader.next()) {
      check_canceled(stop_);
      if (++entry_count_ > limits_.max_entries) {
        throw Error(reason::kLayerLimit, "the image has more than {} entries", limits_.max_entries);
      }
      LayerEntry& kept = entries_[layer].emplace_back(LayerEntry{*std::move(entry), std::nullopt});
      kept.tar.runs.clear();
      const bool has_content = kept.tar.type == archive::EntryType::file && kept.tar.size > 0 &&
                               read_whiteout(kept.tar.path).kind == WhiteoutName::Kind::none;
      if (has_content && !hidden.hides_file(kept.tar.path)) kept.content = add_content(reader, kept.tar);
    }
  }

  ContentId add_content(archive::TarReader& reader, const archive::TarEntry& entry) {
    content_bytes_ += entry.size;
    if (content_bytes_ > limits_.max_content) {
      throw Error(reason::kLayerLimit, "the image holds more than {} of files", human_size(limits_.max_content));
    }
    const ContentId id = store_.add(entry.path, reader.content(), entry.size);
    progress_.bytes(content_bytes_, std::nullopt);
    return id;
  }

  static void add_to_hidden(const std::vector<LayerEntry>& entries, HiddenPaths& hidden) {
    for (const LayerEntry& entry : entries) {
      const WhiteoutName whiteout = read_whiteout(entry.tar.path);
      switch (whiteout.kind) {
        case WhiteoutName::Kind::none:
          hidden.add_entry(entry.tar.path, entry.tar.type == archive::EntryType::directory);
          break;
        case WhiteoutName::Kind::removes: hidden.add_whiteout(whiteout.path); break;
        case WhiteoutName::Kind::opaque: hidden.add_opaque(whiteout.path); break;
        case WhiteoutName::Kind::ignored: break;
      }
    }
  }

  void merge_names(Tree& tree) {
    LayerMerge merge(tree);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      check_canceled(stop_);
      merge.apply(entries_[layer], layers_[layer].name, [&](const Inode& inode, std::size_t index) {
        if (inode.size > 0 && !inode.content) skipped_[&inode] = {layer, index};
      });
      entries_[layer] = {};  // the tree has it now
    }
  }

  // Contents that were passed over as hidden but are in the tree: a hard link kept them.
  void fetch_skipped(Tree& tree) {
    std::vector<std::pair<ContentPlace, Inode*>> needed;
    if (!skipped_.empty()) collect(tree.root(), needed);
    std::sort(needed.begin(), needed.end(), [](const auto& a, const auto& b) {
      return std::pair(b.first.layer, a.first.entry) < std::pair(a.first.layer, b.first.entry);
    });
    for (auto it = needed.begin(); it != needed.end();) {
      const std::size_t layer = it->first.layer;
      const std::unique_ptr<Source> source = layers_[layer].open();
      archive::TarReader reader(*source, "layer " + layers_[layer].name);
      for (std::size_t index = 0; it != needed.end() && it->first.layer == layer; ++index) {
        check_canceled(stop_);
        const auto entry = reader.next();
        if (!entry) throw Error(reason::kBadLayer, "layer {} changed while it was read", layers_[layer].name);
        if (index == it->first.entry) (it++)->second->content = add_content(reader, *entry);
      }
    }
  }

  void collect(Inode& directory, std::vector<std::pair<ContentPlace, Inode*>>& needed) {
    for (const auto& [name, child] : directory.children) {
      if (child->type == NodeType::directory) collect(*child, needed);
      if (child->type != NodeType::file || child->size == 0 || child->content) continue;
      const auto place = skipped_.find(child.get());
      if (place == skipped_.end()) continue;
      needed.emplace_back(place->second, child.get());
      skipped_.erase(place);  // several names may lead to it
    }
  }

  std::span<const LayerInput> layers_;
  ContentStore& store_;
  const MergeLimits& limits_;
  Progress& progress_;
  const std::stop_token& stop_;
  std::vector<std::vector<LayerEntry>> entries_;
  std::unordered_map<const Inode*, ContentPlace> skipped_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t content_bytes_ = 0;
};

}  // namespace

Tree merge_layers(std::span<const LayerInput> layers, ContentStore& store, const MergeLimits& limits,
                  Progress& progress, const std::stop_token& stop) {
  return Merger(layers, store, limits, progress, stop).run();
}

}  // namespace cairn::rootfs
