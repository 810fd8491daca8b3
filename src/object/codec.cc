// SPDX-License-Identifier: Apache-2.0
#include "object/codec.h"

#include <cmath>

namespace cairn::object {
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers up to here have one form

}  // namespace

void Codec<std::string>::decode(const json::value& value, const Place& place, std::string& out) {
  if (!value.is_string()) place.refuse("expected text");
  out.assign(value.get_string().data(), value.get_string().size());
}

void Codec<bool>::decode(const json::value& value, const Place& place, bool& out) {
  if (!value.is_bool()) place.refuse("expected true or false");
  out = value.get_bool();
}

std::int64_t integer_at(const json::value& value, const Place& place, std::int64_t least, std::int64_t most) {
  // YAML and JSON tools may write 3 as 3.0; the API server takes it as a whole number.
  const bool whole = value.is_double() && std::nearbyint(value.get_double()) == value.get_double() &&
                     std::abs(value.get_double()) < kExact;
  if (!value.is_int64() && !whole) place.refuse("expected a whole number");
  const std::int64_t number = whole ? static_cast<std::int64_t>(value.get_double()) : value.get_int64();
  if (number < least || number > most) place.refuse("the number is out of range");
  return number;
}

void Codec<json::object>::decode(const json::value& value, const Place& place, json::object& out) {
  out = object_at(value, place);
}

const json::array& array_at(const json::value& value, const Place& place) {
  if (!value.is_array()) place.refuse("expected a list");
  return value.get_array();
}

const json::object& object_at(const json::value& value, const Place& place) {
  if (!value.is_object()) place.refuse("expected an object");
  return value.get_object();
}

std::string_view find_text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace cairn::object
