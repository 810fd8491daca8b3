// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/field.h"

#include <initializer_list>

namespace cairn::object {

// Members of a document that a struct does not know. A struct with a member `Unknown unknown` keeps them from reading
// to writing; one without drops them (records of a cache).
struct Unknown {
  json::object members;
  bool operator==(const Unknown&) const = default;
};

// The table of a struct's fields. A struct is described when it has `static const Fields<Struct>& fields();`, defined
// in its .cc file, and `bool operator==(const Struct&) const = default`.
template <class Struct>
class Fields {
 public:
  Fields(std::initializer_list<Field<Struct>> list) : list_(list) {
    for (std::size_t i = 0; i < list_.size(); ++i) by_name_.emplace(list_[i].name(), i);
  }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  const Field<Struct>* find(std::string_view name) const {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : &list_[at->second];
  }

 private:
  std::vector<Field<Struct>> list_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

template <class T>
concept Described = requires {
  { T::fields() } -> std::same_as<const Fields<T>&>;
};

template <class T>
concept KeepsUnknown = requires(T t) {
  { t.unknown } -> std::same_as<Unknown&>;
};

// A missing or null member leaves the struct's own value; null is a value of a nullable field.
template <Described T>
struct Codec<T> {
  static void decode(const json::value& value, const Place& place, T& out) {
    for (const auto& member : object_at(value, place)) {
      const std::string_view key = member.key();
      const Field<T>* field = T::fields().find(key);
      if (field == nullptr) {
        if constexpr (KeepsUnknown<T>) out.unknown.members[key] = member.value();
      } else if (!member.value().is_null() || field->rules().nullable) {
        field->decode(member.value(), place.member(key), out);
      }
    }
  }
  static json::value encode(const T& from) {
    json::object object;
    for (const auto& field : T::fields()) {
      if (auto value = field.encode(from)) object.emplace(field.name(), *std::move(value));
    }
    if constexpr (KeepsUnknown<T>) {
      for (const auto& member : from.unknown.members) object.emplace(member.key(), member.value());
    }
    return object;
  }
  static json::object schema() {
    json::object properties;
    json::array required;
    for (const auto& field : T::fields()) {
      properties.emplace(field.name(), field.schema());
      if (field.rules().required) required.emplace_back(field.name());
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }
};

// A document as a value of T; `document` names it in errors. Throws reason::kBadObject naming the field of a wrong
// type. Rules are not checked here, what the API server holds has passed them: see object/schema.h.
template <class T>
T decode(const json::value& value, std::string_view document) {
  T out{};
  Codec<T>::decode(value, Place(document), out);
  return out;
}

template <class T>
json::value encode(const T& from) {
  return Codec<T>::encode(from);
}

// The paths below `path` of what `value` says and nobody acts on: fields with Rules::not_supported that have another
// value than their initial one, and members that the struct does not know.
template <Described T>
std::vector<std::string> find_unsupported(const T& value, const std::string& path) {
  std::vector<std::string> paths;
  add_unsupported(value, path, paths);
  return paths;
}

}  // namespace cairn::object
