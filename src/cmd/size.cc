// SPDX-License-Identifier: Apache-2.0
#include "cmd/size.h"

#include "core/error.h"
#include "core/reasons.h"
#include "core/text.h"

namespace cairn::cmd {

std::uint64_t parse_size(const std::string& text, std::string_view what) {
  constexpr std::string_view kUnits = "KMGT";
  const auto unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  const auto number = parse_number(std::string_view(text).substr(0, text.size() - (unit < kUnits.size() ? 1 : 0)));
  const int shift = unit < kUnits.size() ? 10 * (static_cast<int>(unit) + 1) : 0;
  if (!number || *number == 0 || *number > UINT64_MAX >> 1 >> shift) {
    throw Error(reason::kUsage, "{}: \"{}\" is not a size such as 8G or 6000M", what, printable(text, 40));
  }
  return *number << shift;
}

}  // namespace cairn::cmd
