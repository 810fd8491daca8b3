// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "object/place.h"

#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::object {

// How values of type T stand in documents. Each Codec has
//   void decode(const json::value&, const Place&, T& out)   refuses at the place what has the wrong type
//   json::value encode(const T&)
//   json::object schema()                                   its type in words of the structural schema
// Here: text, numbers, bool, optional, lists, maps by name, and JSON as it is. Enums: object/named_enum.h. Structs:
// object/fields.h.
template <class T>
struct Codec;

template <>
struct Codec<std::string> {
  static void decode(const json::value& value, const Place& place, std::string& out);
  static json::value encode(const std::string& text) { return json::value(text); }
  static json::object schema() { return {{"type", "string"}}; }
};

template <>
struct Codec<bool> {
  static void decode(const json::value& value, const Place& place, bool& out);
  static json::value encode(bool truth) { return truth; }
  static json::object schema() { return {{"type", "boolean"}}; }
};

std::int64_t integer_at(const json::value& value, const Place& place, std::int64_t least, std::int64_t most);

template <class T>
requires std::same_as<T, std::int64_t> || std::same_as<T, std::int32_t>
struct Codec<T> {
  static void decode(const json::value& value, const Place& place, T& out) {
    using Limits = std::numeric_limits<T>;
    out = static_cast<T>(integer_at(value, place, Limits::min(), Limits::max()));
  }
  static json::value encode(T number) { return number; }
  static json::object schema() { return {{"type", "integer"}, {"format", sizeof(T) == 8 ? "int64" : "int32"}}; }
};

// Any object, kept as it is.
template <>
struct Codec<json::object> {
  static void decode(const json::value& value, const Place& place, json::object& out);
  static json::value encode(const json::object& object) { return object; }
  static json::object schema() { return {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}; }
};

// Anything, kept as it is.
template <>
struct Codec<json::value> {
  static void decode(const json::value& value, const Place&, json::value& out) { out = value; }
  static json::value encode(const json::value& value) { return value; }
  static json::object schema() { return {{"x-kubernetes-preserve-unknown-fields", true}}; }
};

template <class T>
struct Codec<std::optional<T>> {
  static void decode(const json::value& value, const Place& place, std::optional<T>& out) {
    if (value.is_null()) return out.reset();
    Codec<T>::decode(value, place, out.emplace());
  }
  static json::value encode(const std::optional<T>& value) { return value ? Codec<T>::encode(*value) : nullptr; }
  static json::object schema() { return Codec<T>::schema(); }
};

const json::array& array_at(const json::value& value, const Place& place);
const json::object& object_at(const json::value& value, const Place& place);
// A member that is text; empty if it is missing or something else.
std::string_view find_text(const json::object& object, std::string_view key);

template <class T>
struct Codec<std::vector<T>> {
  static void decode(const json::value& value, const Place& place, std::vector<T>& out) {
    const json::array& items = array_at(value, place);
    out.clear();
    out.reserve(items.size());
    for (const json::value& item : items) {
      T decoded{};
      Codec<T>::decode(item, place.item(out.size()), decoded);
      out.push_back(std::move(decoded));
    }
  }
  static json::value encode(const std::vector<T>& items) {
    json::array array;
    array.reserve(items.size());
    for (const auto& item : items) array.push_back(Codec<T>::encode(item));
    return array;
  }
  static json::object schema() { return {{"type", "array"}, {"items", Codec<T>::schema()}}; }
};

// A null value of a map's name counts as the empty value, as the API server has it.
template <class T>
struct Codec<std::map<std::string, T>> {
  static void decode(const json::value& value, const Place& place, std::map<std::string, T>& out) {
    out.clear();
    for (const auto& member : object_at(value, place)) {
      T& decoded = out[std::string(member.key())];
      if (!member.value().is_null()) Codec<T>::decode(member.value(), place.member(member.key()), decoded);
    }
  }
  static json::value encode(const std::map<std::string, T>& members) {
    json::object object;
    for (const auto& [key, member] : members) object.emplace(key, Codec<T>::encode(member));
    return object;
  }
  static json::object schema() { return {{"type", "object"}, {"additionalProperties", Codec<T>::schema()}}; }
};

}  // namespace cairn::object
