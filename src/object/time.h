// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/codec.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::object {

// A moment as documents have it: RFC 3339; written in UTC with whole seconds (metav1.Time).
struct Time {
  std::chrono::system_clock::time_point at{};  // whole seconds

  Time() = default;
  explicit Time(std::chrono::system_clock::time_point when) : at(std::chrono::floor<std::chrono::seconds>(when)) {}
  bool operator==(const Time&) const = default;
  auto operator<=>(const Time&) const = default;
};

// The same with microseconds (metav1.MicroTime), as Leases have it.
struct MicroTime {
  std::chrono::system_clock::time_point at{};

  MicroTime() = default;
  explicit MicroTime(std::chrono::system_clock::time_point when)
      : at(std::chrono::floor<std::chrono::microseconds>(when)) {}
  bool operator==(const MicroTime&) const = default;
  auto operator<=>(const MicroTime&) const = default;
};

// Any RFC 3339 time, with a fraction and an offset; digits beyond microseconds are dropped.
std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text);
std::string to_text(const Time& time);
std::string to_text(const MicroTime& time);

template <>
struct Codec<Time> {
  static void decode(const json::value& value, const Place& place, Time& out);
  static json::value encode(const Time& time) { return json::value(to_text(time)); }
  static json::object schema() { return {{"type", "string"}, {"format", "date-time"}}; }
};

template <>
struct Codec<MicroTime> {
  static void decode(const json::value& value, const Place& place, MicroTime& out);
  static json::value encode(const MicroTime& time) { return json::value(to_text(time)); }
  static json::object schema() { return {{"type", "string"}, {"format", "date-time"}}; }
};

}  // namespace cairn::object
