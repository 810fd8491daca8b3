// SPDX-License-Identifier: Apache-2.0
#include "object/named_enum.h"

#include "core/text.h"

#include <fmt/ranges.h>

namespace cairn::object {

void refuse_choice(const Place& place, std::string_view given, const std::vector<std::string>& choices) {
  place.refuse(fmt::format("\"{}\" is none of {}", printable(given, 64), fmt::join(choices, ", ")));
}

}  // namespace cairn::object
