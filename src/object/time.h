// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/codec.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::object {

// Reaches all years that RFC 3339 can write, which std::chrono::system_clock does not: compare with a clock's time by
// making that a Time, not the other way.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

// A moment as documents have it: RFC 3339; written in UTC with whole seconds (metav1.Time).
struct Time {
  Moment at{};  // whole seconds

  Time() = default;
  explicit Time(Moment when) : at(std::chrono::floor<std::chrono::seconds>(when)) {}
  explicit Time(std::chrono::system_clock::time_point when) : at(std::chrono::floor<std::chrono::seconds>(when)) {}
  bool operator==(const Time&) const = default;
  bool operator<(const Time& other) const { return at < other.at; }  // clang-tidy 14 cannot read <=>
};

// The same with microseconds (metav1.MicroTime), as Leases have it.
struct MicroTime {
  Moment at{};

  MicroTime() = default;
  explicit MicroTime(Moment when) : at(when) {}
  explicit MicroTime(std::chrono::system_clock::time_point when)
      : at(std::chrono::floor<std::chrono::microseconds>(when)) {}
  bool operator==(const MicroTime&) const = default;
};

// Any RFC 3339 time, with a fraction and an offset; digits beyond microseconds are dropped.
std::optional<Moment> parse_time(std::string_view text);
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
