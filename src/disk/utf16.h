// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// UTF-16 as GPT and FAT hold names.
namespace cairn::disk {

// Little endian, up to the first unit 0; halves of pairs that stand alone become U+FFFD.
std::string utf8_of_utf16(Bytes units);
// Bytes that are not UTF-8 become U+FFFD.
std::vector<std::uint16_t> utf16_of_utf8(std::string_view text);

}  // namespace cairn::disk
