// SPDX-License-Identifier: Apache-2.0
#include "object/duration.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace cairn::object {
namespace {

constexpr std::int64_t kNanosecondsOfMillisecond = 1'000'000;
constexpr std::int64_t kLongest = std::int64_t{100} * 365 * 24 * 3600 * 1000;  // milliseconds
constexpr std::size_t kMostDigits = 15;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
// Longer names first: "ms" is not "m".
constexpr std::array<Unit, 7> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\u00b5s", 1'000},
                                      {"ms", kNanosecondsOfMillisecond},
                                      {"s", 1'000 * kNanosecondsOfMillisecond},
                                      {"m", 60'000 * kNanosecondsOfMillisecond},
                                      {"h", 3'600'000 * kNanosecondsOfMillisecond}}};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

const Unit* take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

// The next number with its unit, in milliseconds.
std::optional<double> take_part(std::string_view& text) {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  const Unit* unit = take_unit(text);
  if (unit == nullptr || whole.size() + fraction.size() == 0 || whole.size() > kMostDigits) return std::nullopt;
  double number = 0;
  for (const char digit : whole) number = number * 10 + (digit - '0');
  double scale = 0.1;
  for (const char digit : fraction.substr(0, kMostDigits)) {
    number += (digit - '0') * scale;
    scale /= 10;
  }
  return number * static_cast<double>(unit->nanoseconds) / kNanosecondsOfMillisecond;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part) return std::nullopt;
    total += *part;
  }
  if (total >= static_cast<double>(kLongest)) return std::nullopt;
  constexpr double kRounding = 1e-6;  // 0.3 s is 299.99... ms
  return std::chrono::milliseconds(static_cast<std::int64_t>(total + kRounding));
}

}  // namespace cairn::object
