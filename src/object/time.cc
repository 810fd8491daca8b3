// SPDX-License-Identifier: Apache-2.0
#include "object/time.h"

#include "core/text.h"
#include "core/utc.h"

#include <fmt/core.h>

#include <array>

namespace cairn::object {
namespace {

// Takes `digits` decimal digits from the front.
std::optional<int> take(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::microseconds> take_fraction(std::string_view& text) {
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  bool any = false;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10) {
    micros += unit * (text.front() - '0');
    any = true;
  }
  return any ? std::optional(std::chrono::microseconds(micros)) : std::nullopt;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (skip(text, "Zz")) return std::chrono::minutes(0);
  const bool west = !text.empty() && text.front() == '-';
  if (!skip(text, "+-")) return std::nullopt;
  const auto hours = take(text, 2);
  if (!hours || !skip(text, ":")) return std::nullopt;
  const auto minutes = take(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes((west ? -1 : 1) * (*hours * 60 + *minutes));
}

Moment time_at(const json::value& value, const Place& place) {
  const auto time = value.is_string() ? parse_time(value.get_string()) : std::nullopt;
  if (!time) place.refuse("expected a time such as 2026-01-02T03:04:05Z");
  return *time;
}

}  // namespace

std::optional<Moment> parse_time(std::string_view text) {
  constexpr std::array<std::string_view, 6> kBefore{"", "-", "-", "Tt ", ":", ":"};
  constexpr std::array<std::size_t, 6> kDigits{4, 2, 2, 2, 2, 2};
  std::array<int, 6> part{};
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (i > 0 && !skip(text, kBefore[i])) return std::nullopt;
    const auto number = take(text, kDigits[i]);
    if (!number) return std::nullopt;
    part[i] = *number;
  }
  const auto [year, month, day, hour, minute, second] = part;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  auto fraction = std::chrono::microseconds(0);
  if (skip(text, ".")) {
    const auto taken = take_fraction(text);
    if (!taken) return std::nullopt;
    fraction = *taken;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) - *offset +
         std::chrono::seconds(second) + fraction;
}

std::string to_text(const Time& time) {
  return format_utc(std::chrono::floor<std::chrono::seconds>(time.at.time_since_epoch()).count());
}

std::string to_text(const MicroTime& time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.at.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  std::string text = format_utc(seconds.count());
  text.pop_back();
  return fmt::format("{}.{:06}Z", text, (since - seconds).count());
}

void Codec<Time>::decode(const json::value& value, const Place& place, Time& out) { out = Time(time_at(value, place)); }
void Codec<MicroTime>::decode(const json::value& value, const Place& place, MicroTime& out) {
  out = MicroTime(time_at(value, place));
}

}  // namespace cairn::object
