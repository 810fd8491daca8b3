// SPDX-License-Identifier: Apache-2.0
#include "oci/sources.h"

namespace cairn::oci {

PinnedBlobs::PinnedBlobs(const SourceOptions& options, Clock& clock)
    : cache_(options.cache_directory.value_or(default_cache_directory()), options.cache_limit, clock) {}

std::unique_ptr<Source> PinnedBlobs::find(const Descriptor& blob) {
  const std::scoped_lock lock(mutex_);
  const auto at = pins_.find(blob.digest);
  return at == pins_.end() ? nullptr : cache_.open(*at->second, blob);
}

bool PinnedBlobs::has(const Descriptor& blob) {
  const std::scoped_lock lock(mutex_);
  if (pins_.contains(blob.digest)) return true;
  auto pin = cache_.find(blob);
  if (!pin) return false;
  pins_.emplace(blob.digest, std::make_shared<const BlobCache::Pin>(*std::move(pin)));
  return true;
}

void PinnedBlobs::fetch(const Descriptor& blob, const OpenFrom& open_from, const BlobCache::OnBytes& on_bytes,
                        const std::stop_token& stop) {
  auto pin = cache_.fetch(
      blob, [&](std::uint64_t offset) { return open_from(blob, offset); }, on_bytes, stop);
  const std::scoped_lock lock(mutex_);
  pins_.emplace(blob.digest, std::make_shared<const BlobCache::Pin>(std::move(pin)));
}

std::unique_ptr<Source> PinnedBlobs::open(const Descriptor& blob, const OpenFrom& open_from,
                                          const std::stop_token& stop) {
  if (auto source = find(blob)) return source;
  fetch(
      blob, open_from, [](std::uint64_t) {}, stop);
  return find(blob);
}

}  // namespace cairn::oci
