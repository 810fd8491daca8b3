// SPDX-License-Identifier: Apache-2.0
#include "object/interned.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace cairn::object {

struct Interned::Held {
  explicit Held(std::string_view of) : text(of) {}
  const std::string text;
  mutable std::atomic<std::uint32_t> holders = 0;
};

// All texts that are held.
class InternPool {
 public:
  Interned::Held* take(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    auto at = texts_.find(text);
    if (at == texts_.end()) {
      auto made = std::make_unique<Interned::Held>(text);
      const std::string_view key = made->text;
      at = texts_.emplace(key, std::move(made)).first;
    }
    at->second->holders.fetch_add(1, std::memory_order_relaxed);
    return at->second.get();
  }

  // The last holder leaves under the lock, so that nobody finds a text that is about to go.
  void leave(Interned::Held* held) {
    std::uint32_t holders = held->holders.load(std::memory_order_relaxed);
    while (holders > 1) {
      if (held->holders.compare_exchange_weak(holders, holders - 1, std::memory_order_acq_rel)) return;
    }
    const std::scoped_lock lock(mutex_);
    if (held->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) texts_.erase(texts_.find(held->text));
  }

  std::size_t size() {
    const std::scoped_lock lock(mutex_);
    return texts_.size();
  }

  // Never destroyed: objects of static storage may hold texts to the very end.
  static InternPool& get() {
    static auto* const pool = std::make_unique<InternPool>().release();
    return *pool;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string_view, std::unique_ptr<Interned::Held>> texts_;  // keys are views of the values
};

Interned::Interned(std::string_view text) : held_(text.empty() ? nullptr : InternPool::get().take(text)) {}
Interned::Interned(const Interned& other) : held_(other.held_) {
  if (held_ != nullptr) held_->holders.fetch_add(1, std::memory_order_relaxed);
}
Interned::~Interned() {
  if (held_ != nullptr) InternPool::get().leave(held_);
}
std::string_view Interned::view() const { return held_ == nullptr ? std::string_view() : held_->text; }
std::size_t Interned::held() { return InternPool::get().size(); }

namespace {

auto position(const std::vector<std::pair<Interned, Interned>>& pairs, std::string_view key) {
  return std::lower_bound(pairs.begin(), pairs.end(), key,
                          [](const auto& pair, std::string_view wanted) { return pair.first.view() < wanted; });
}

}  // namespace

std::string_view InternedMap::find(std::string_view key) const {
  const auto at = position(pairs_, key);
  return at != pairs_.end() && at->first.view() == key ? at->second.view() : std::string_view();
}

bool InternedMap::contains(std::string_view key) const {
  const auto at = position(pairs_, key);
  return at != pairs_.end() && at->first.view() == key;
}

void Codec<Interned>::decode(const json::value& value, const Place& place, Interned& out) {
  if (!value.is_string()) place.refuse("expected text");
  out = Interned(value.get_string());
}

void Codec<InternedMap>::decode(const json::value& value, const Place& place, InternedMap& out) {
  out.pairs_.clear();
  for (const auto& member : object_at(value, place)) {
    if (!member.value().is_string() && !member.value().is_null()) place.member(member.key()).refuse("expected text");
    const std::string_view text =
        member.value().is_null() ? std::string_view() : std::string_view(member.value().get_string());
    out.pairs_.emplace_back(Interned(member.key()), Interned(text));
  }
  std::sort(out.pairs_.begin(), out.pairs_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  out.pairs_.shrink_to_fit();
}

json::value Codec<InternedMap>::encode(const InternedMap& map) {
  json::object object;
  for (const auto& [key, value] : map.pairs()) object.emplace(key.view(), value.view());
  return object;
}

}  // namespace cairn::object
