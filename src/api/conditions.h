// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/condition.h"
#include "object/rules.h"

#include <string>
#include <string_view>
#include <vector>

// Types of conditions that more than one kind has, and the reasons of Elemental that programs may look for. A kind's
// own reasons stand in its header.
namespace cairn::api {

namespace condition {
inline constexpr char kReady[] = "Ready";
inline constexpr char kNotSupported[] = "NotSupported";  // True: the object asks for what nobody does
}  // namespace condition

// The condition NotSupported with the paths that find_unsupported() found, to be set; `paths` may not be empty. Where
// there are none the condition is removed.
object::Condition not_supported(const std::vector<std::string>& paths, std::int64_t generation);

// Sets Ready. Whether anything changed.
bool tell_ready(std::vector<object::Condition>& conditions, object::Truth status, const char* why, std::string message,
                std::int64_t generation, object::Time now);

// Sets or removes NotSupported as `paths` say. Whether anything changed.
bool tell_unsupported(std::vector<object::Condition>& conditions, const std::vector<std::string>& paths,
                      std::int64_t generation, object::Time now);

// The column that shows the status of a condition.
object::Column condition_column(std::string heading, std::string_view type, std::string doc);

}  // namespace cairn::api
