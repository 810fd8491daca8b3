// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

// A time as our documents have it: RFC 3339 in UTC, whole seconds, "2026-01-02T03:04:05Z".
std::string format_utc(std::int64_t seconds_since_1970);
std::string format_utc(std::chrono::system_clock::time_point time);
// RFC 3339 as others write it, fractions and offset allowed: "2026-01-02T05:04:05.678+02:00". Fractions are dropped.
// Nothing if it is something else.
std::optional<std::int64_t> parse_utc(std::string_view text);

}  // namespace cairn
