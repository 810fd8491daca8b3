// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cairn {

inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kAlphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// From the kernel's generator, each character as likely as the other.
std::string make_random_text(std::size_t count, std::string_view alphabet);
// RFC 9562, version 4.
std::string make_uuid();

}  // namespace cairn
