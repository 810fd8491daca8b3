// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::cmd {

// A size as people write it: 512, 64K, 6000M, 8G, 1T. Throws reason::kUsage; `what` names it: "--size".
std::uint64_t parse_size(const std::string& text, std::string_view what);

}  // namespace cairn::cmd
