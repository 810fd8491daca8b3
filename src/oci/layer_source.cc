// SPDX-License-Identifier: Apache-2.0
#include "oci/layer_source.h"

#include "archive/codec.h"
#include "core/reasons.h"
#include "core/text.h"
#include "oci/reasons.h"

#include <algorithm>

namespace cairn::oci {
namespace {

archive::Compression compression_of(const Descriptor& layer) {
  if (layer.media_type == media_type::kLayerGzip) return archive::Compression::gzip;
  if (layer.media_type == media_type::kLayerZstd) return archive::Compression::zstd;
  return archive::Compression::none;
}

class LayerSource final : public Source {
 public:
  LayerSource(std::unique_ptr<Source> plain, const Descriptor& layer, const Digest& diff_id)
      : plain_(std::move(plain)),
        name_(layer.digest.text()),
        bound_(std::max(kMinLayerBound, layer.size > kMost / kMaxLayerRatio ? kMost : layer.size * kMaxLayerRatio)),
        diff_id_(diff_id),
        hasher_(diff_id.algorithm()) {}

  std::size_t read(MutableBytes out) override {
    if (ended_) return 0;
    const std::size_t count = plain_->read(out);
    if (count == 0) {
      check_diff_id();
      ended_ = true;
      return 0;
    }
    total_ += count;
    if (total_ > bound_) {
      throw Error(reason::kLayerBomb, "layer {} unpacks to more than {}, {} times what it weighs", name_,
                  human_size(bound_), kMaxLayerRatio);
    }
    hasher_.write(out.first(count));
    return count;
  }

 private:
  static constexpr std::uint64_t kMost = ~0ULL;

  void check_diff_id() {
    if (const Digest found = hasher_.finish(); found != diff_id_) {
      throw Error(cairn::reason::kDigestMismatch, "layer {} has diff ID {} instead of {}", name_, found.text(),
                  diff_id_.text());
    }
  }

  std::unique_ptr<Source> plain_;
  std::string name_;
  std::uint64_t bound_;
  std::uint64_t total_ = 0;
  Digest diff_id_;
  Hasher hasher_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> make_layer_source(std::unique_ptr<Source> blob, const Descriptor& layer,
                                          const Digest& diff_id) {
  const auto compression = compression_of(layer);
  // The diff ID of a plain layer is its digest, which was hashed already.
  if (compression == archive::Compression::none && layer.digest == diff_id) return blob;
  return std::make_unique<LayerSource>(archive::open_decompressed(std::move(blob), compression), layer, diff_id);
}

}  // namespace cairn::oci
