// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cairn {

// RFC 4648 section 4.
std::string encode_base64(std::string_view bytes);
// Empty for what is no base64; padding may be missing.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace cairn
