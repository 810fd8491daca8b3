// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/codec.h"

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cairn::object {

// An enum becomes codable by naming its values: a function beside it, found by its argument,
//   constexpr std::array<std::pair<E, std::string_view>, N> names_of(E)
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  names_of(value);
};

[[noreturn]] void refuse_choice(const Place& place, std::string_view given, const std::vector<std::string>& choices);

template <NamedEnum T>
struct Codec<T> {
  static void decode(const json::value& value, const Place& place, T& out) {
    std::string text;
    Codec<std::string>::decode(value, place, text);
    for (const auto& [candidate, name] : names_of(T{})) {
      if (name != text) continue;
      out = candidate;
      return;
    }
    std::vector<std::string> choices;
    for (const auto& [candidate, name] : names_of(T{})) choices.emplace_back(name);
    refuse_choice(place, text, choices);
  }
  static json::value encode(T value) {
    for (const auto& [candidate, name] : names_of(T{})) {
      if (candidate == value) return json::value(name);
    }
    return nullptr;  // a value outside the enum: a defect that the API server will refuse
  }
  static json::object schema() {
    json::array names;
    for (const auto& [candidate, name] : names_of(T{})) names.emplace_back(name);
    return {{"type", "string"}, {"enum", std::move(names)}};
  }
};

}  // namespace cairn::object
