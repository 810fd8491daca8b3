// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace cairn::object {

// A duration as Kubernetes' documents have it (Go's time.ParseDuration), not negative and below 100 years: "1h30m",
// "1.5s", "300ms"; "0" needs no unit. Below a millisecond it is cut off. Nothing if it is something else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace cairn::object
