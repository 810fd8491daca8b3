// SPDX-License-Identifier: Apache-2.0
#include "snapshot/xxh3.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <new>

namespace cairn::snapshot {

RunningXxh3::RunningXxh3() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

void RunningXxh3::add(Bytes data) { XXH3_128bits_update(state_.get(), data.data(), data.size()); }

std::string RunningXxh3::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void RunningXxh3::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

}  // namespace cairn::snapshot
