// SPDX-License-Identifier: Apache-2.0
#pragma once

// Forms that fields of several kinds share, as patterns of their rules (RE2).
namespace cairn::api::pattern {

inline constexpr char kDuration[] = R"(^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$)";  // of Go: 90s, 1h30m
inline constexpr char kSha256[] = "^([0-9a-f]{64})?$";
inline constexpr char kDnsLabel[] = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

}  // namespace cairn::api::pattern
