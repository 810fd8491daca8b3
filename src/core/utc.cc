// SPDX-License-Identifier: Apache-2.0
#include "core/utc.h"

#include <fmt/chrono.h>

namespace cairn {

std::string format_utc(std::int64_t seconds_since_1970) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds_since_1970)));
}

}  // namespace cairn
