// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/codec.h"

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::object {

// Text that many objects share, such as a label's key or a namespace: one pointer wide; equal texts are held once, as
// long as one Interned has them. For records of a cache; not for text that is different in each object. Thread-safe as
// std::shared_ptr is.
class Interned {
 public:
  Interned() = default;
  explicit Interned(std::string_view text);
  Interned(const Interned& other);
  Interned(Interned&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  Interned& operator=(Interned other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~Interned();

  std::string_view view() const;
  bool operator==(const Interned& other) const { return held_ == other.held_; }  // of one text there is one pointer
  auto operator<=>(const Interned& other) const { return view() <=> other.view(); }

  // How many texts are held now.
  static std::size_t held();

 private:
  friend class InternPool;
  struct Held;
  Held* held_ = nullptr;  // owned together with the other holders
};

// A map of names to values as a sorted list, for records: 16 bytes a pair.
class InternedMap {
 public:
  // Empty if missing.
  std::string_view find(std::string_view key) const;
  bool contains(std::string_view key) const;
  const std::vector<std::pair<Interned, Interned>>& pairs() const { return pairs_; }
  bool operator==(const InternedMap&) const = default;

 private:
  friend struct Codec<InternedMap>;
  std::vector<std::pair<Interned, Interned>> pairs_;
};

template <>
struct Codec<Interned> {
  static void decode(const json::value& value, const Place& place, Interned& out);
  static json::value encode(const Interned& text) { return json::value(text.view()); }
  static json::object schema() { return {{"type", "string"}}; }
};

template <>
struct Codec<InternedMap> {
  static void decode(const json::value& value, const Place& place, InternedMap& out);
  static json::value encode(const InternedMap& map);
  static json::object schema() { return Codec<std::map<std::string, std::string>>::schema(); }
};

}  // namespace cairn::object
