// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace cairn {

// A time as our documents have it: RFC 3339 in UTC, whole seconds, "2026-01-02T03:04:05Z".
std::string format_utc(std::int64_t seconds_since_1970);

}  // namespace cairn
