// SPDX-License-Identifier: Apache-2.0
#include "net/connection_pool.h"

namespace cairn::net {
namespace {

constexpr std::size_t kMostPerPlace = 8;
constexpr std::size_t kMostPlaces = 64;
constexpr std::chrono::seconds kLongestIdle{60};  // most servers keep a connection for 60 to 75 s

}  // namespace

std::unique_ptr<ByteStream> ConnectionPool::take(const std::string& place) {
  while (true) {
    Idle candidate;
    {
      const std::scoped_lock lock(mutex_);
      const auto at = idle_.find(place);
      if (at == idle_.end()) return nullptr;
      candidate = std::move(at->second.back());
      at->second.pop_back();
      if (at->second.empty()) idle_.erase(at);
    }
    const bool fresh = std::chrono::steady_clock::now() - candidate.since < kLongestIdle;
    if (fresh && candidate.stream->state() == ByteStream::State::quiet) return std::move(candidate.stream);
  }
}

void ConnectionPool::give(const std::string& place, std::unique_ptr<ByteStream> stream) {
  if (!stream) return;
  const std::scoped_lock lock(mutex_);
  if (!idle_.contains(place) && idle_.size() >= kMostPlaces) return;
  auto& list = idle_[place];
  if (list.size() < kMostPerPlace) list.push_back({std::move(stream), std::chrono::steady_clock::now()});
}

}  // namespace cairn::net
