// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cairn::stage {

// Regular expressions as Go has them (RE2: linear time), unanchored. All throw reason::kBadConfig for a bad pattern.
void check_pattern(std::string_view pattern);
bool matches(std::string_view pattern, std::string_view text);
// `with` may name groups as $1 or ${1}.
std::string replace_matches(std::string_view pattern, std::string_view text, std::string_view with);

}  // namespace cairn::stage
