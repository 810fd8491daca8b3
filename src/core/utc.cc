// SPDX-License-Identifier: Apache-2.0
#include "core/utc.h"

#include "core/text.h"

#include <fmt/chrono.h>

#include <ctime>

namespace cairn {

std::string format_utc(std::int64_t seconds_since_1970) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds_since_1970)));
}

std::string format_utc(std::chrono::system_clock::time_point time) {
  return format_utc(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::optional<std::int64_t> parse_utc(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  if (*rest == '.') rest += 1 + std::string_view(rest + 1).find_first_not_of("0123456789");
  const std::string_view zone(rest);
  const std::int64_t local = ::timegm(&parts);
  if (zone == "Z" || zone == "z") return local;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hours = parse_number(zone.substr(1, 2));
  const auto minutes = parse_number(zone.substr(4));
  if (!hours || !minutes) return std::nullopt;
  const auto ahead = static_cast<std::int64_t>(*hours * 3600 + *minutes * 60);
  return zone[0] == '+' ? local - ahead : local + ahead;
}

}  // namespace cairn
