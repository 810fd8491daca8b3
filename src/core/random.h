// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kAlphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// From the kernel's generator: good for keys.
void fill_random(MutableBytes bytes);
// The same, each character as likely as the other.
std::string make_random_text(std::size_t count, std::string_view alphabet);
// RFC 9562, version 4.
std::string make_uuid();

// A number from `least` to `most`, so that those who wait do not all come back together. Quick, and no secret.
std::int64_t pick_random(std::int64_t least, std::int64_t most);

}  // namespace cairn
