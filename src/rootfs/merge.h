// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/progress.h"
#include "rootfs/layer.h"
#include "rootfs/tree.h"

#include <span>
#include <stop_token>

namespace cairn::rootfs {

// Takes the bytes of regular files while layers stream by.
class ContentStore {
 public:
  virtual ~ContentStore() = default;
  // Reads `content` (exactly `size` bytes) to the end and keeps it. Ids count up from 0 in the order of calls. `path`
  // is what its layer calls the file; it may end up under another name, or under none.
  virtual ContentId add(const std::string& path, Source& content, std::uint64_t size) = 0;
};

// Bounds on hostile images; a violation throws reason::kLayerLimit.
struct MergeLimits {
  std::uint64_t max_entries = 4'000'000;     // over all layers
  std::uint64_t max_content = 256ULL << 30;  // bytes of file content, over all layers
  std::uint32_t max_ratio = 2000;            // uncompressed to compressed, checked by whoever knows both
};

// Merges layers (bottom first) by the OCI image-spec's layer rules: whiteouts, opaque directories, replaced types,
// hard links across layers, parents through symlinks (resolved inside the root), last of duplicate entries wins.
//
// Layers are read once, top to bottom, so that content hidden by an upper layer is not stored; names are then merged
// bottom to top in memory, exactly; what was skipped and turns out to be needed (a hard link to a hidden file) is read
// again from its layer. docs/formats/layers.md has the rules.
Tree merge_layers(std::span<const LayerInput> layers, ContentStore& store, const MergeLimits& limits,
                  Progress& progress, const std::stop_token& stop = {});

}  // namespace cairn::rootfs
