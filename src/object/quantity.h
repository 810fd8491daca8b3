// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/codec.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::object {

// An amount such as 6Gi, 500m or 1e3 (k8s.io/apimachinery/pkg/api/resource). Keeps the text it was written as; compares
// by value.
class Quantity {
 public:
  Quantity() = default;
  // Throws reason::kBadQuantity; so does an amount beyond 2^63 - 1.
  static Quantity parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::int64_t value() const;        // rounded up, as Kubernetes does
  std::int64_t milli_value() const;  // the largest number where it would not fit
  bool operator==(const Quantity& other) const { return nano_ == other.nano_; }
  auto operator<=>(const Quantity& other) const { return nano_ <=> other.nano_; }

 private:
  std::string text_ = "0";
  __extension__ __int128 nano_ = 0;  // rounded away from zero, as Kubernetes does
};

template <>
struct Codec<Quantity> {
  static void decode(const json::value& value, const Place& place, Quantity& out);
  static json::value encode(const Quantity& quantity) { return json::value(quantity.text()); }
  static json::object schema();
};

// A count, or a share such as "25%" of something.
class IntOrString {
 public:
  IntOrString() = default;
  explicit IntOrString(std::int64_t number) : value_(number) {}
  explicit IntOrString(std::string text) : value_(json::string(text)) {}

  // The count that it means: a percentage of `total`, rounded up or down. Throws reason::kBadQuantity for other text.
  enum class Round { up, down };
  std::int64_t of(std::int64_t total, Round round) const;
  bool operator==(const IntOrString&) const = default;

 private:
  friend struct Codec<IntOrString>;
  json::value value_ = 0;
};

template <>
struct Codec<IntOrString> {
  static void decode(const json::value& value, const Place& place, IntOrString& out);
  static json::value encode(const IntOrString& either) { return either.value_; }
  static json::object schema();
};

}  // namespace cairn::object
