// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.h"
#include "oci/manifest.h"

#include <memory>

namespace cairn::oci {

// The tar stream of a layer from its verified blob: decompressed by its media type, its diff ID checked at the end, and
// refused with reason::kLayerBomb beyond kMaxLayerRatio times the blob's size (small layers: kMinLayerBound).
std::unique_ptr<Source> make_layer_source(std::unique_ptr<Source> blob, const Descriptor& layer, const Digest& diff_id);

inline constexpr std::uint64_t kMaxLayerRatio = 2000;      // gzip can reach 1032; zstd far more, but only for emptiness
inline constexpr std::uint64_t kMinLayerBound = 64 << 20;  // bytes

}  // namespace cairn::oci
