// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/tar.h"
#include "rootfs/merge.h"

#include <string>
#include <utility>
#include <vector>

// Layers made in memory, for tests of merging and of what follows.
namespace cairn::testing {

struct LayerMember {
  archive::TarEntry entry;
  std::string content = {};
};

inline LayerMember layer_file(std::string path, std::string content, std::uint32_t mode = 0644) {
  LayerMember member{.entry = {.path = std::move(path), .mode = mode, .mtime = 1}, .content = std::move(content)};
  member.entry.size = member.content.size();
  return member;
}
inline LayerMember layer_directory(std::string path, std::uint32_t mode = 0755) {
  return {.entry = {.path = std::move(path), .type = archive::EntryType::directory, .mode = mode, .mtime = 1}};
}
inline LayerMember layer_symlink(std::string path, std::string target) {
  return {.entry = {.path = std::move(path),
                    .type = archive::EntryType::symlink,
                    .mode = 0777,
                    .mtime = 1,
                    .link_target = std::move(target)}};
}
inline LayerMember layer_link(std::string path, std::string target) {
  return {.entry = {.path = std::move(path), .type = archive::EntryType::hard_link, .link_target = std::move(target)}};
}
inline LayerMember layer_whiteout(std::string path) { return layer_file(std::move(path), ""); }

inline std::string make_layer(const std::vector<LayerMember>& members) {
  TextSink out;
  archive::TarWriter writer(out);
  for (const LayerMember& member : members) {
    TextSource content(member.content);
    writer.add(member.entry, member.entry.type == archive::EntryType::file ? &content : nullptr);
  }
  writer.finish();
  return out.take();
}

// Layers of a few members each, bottom first; must outlive what reads them.
class SampleLayers {
 public:
  SampleLayers(std::initializer_list<std::vector<LayerMember>> layers) {
    for (const auto& members : layers) tars_.push_back(make_layer(members));
    for (std::size_t i = 0; i < tars_.size(); ++i) {
      inputs_.push_back({.name = std::to_string(i), .open = [this, i] {
                           ++opened_;
                           return std::make_unique<TextSource>(tars_[i]);
                         }});
    }
  }
  SampleLayers(const SampleLayers&) = delete;
  SampleLayers& operator=(const SampleLayers&) = delete;

  std::span<const rootfs::LayerInput> inputs() const { return inputs_; }
  int opened() const { return opened_; }

 private:
  std::vector<std::string> tars_;
  std::vector<rootfs::LayerInput> inputs_;
  int opened_ = 0;
};

// Keeps contents in memory.
class MemoryStore final : public rootfs::ContentStore {
 public:
  rootfs::ContentId add(const std::string& path, Source& content, std::uint64_t size) override {
    contents.push_back(read_text(content, size + 1, path));
    return static_cast<rootfs::ContentId>(contents.size() - 1);
  }
  std::vector<std::string> contents;
};

}  // namespace cairn::testing
