// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <concepts>
#include <cstdint>
#include <string>

// Numbers as disks hold them.
namespace cairn::disk {

// The caller has checked that the bytes are there.
template <std::unsigned_integral Number>
Number load_le(Bytes bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[offset + i]);
  return static_cast<Number>(value);
}

template <std::unsigned_integral Number>
void store_le(std::string& bytes, std::size_t offset, Number number) {
  std::uint64_t value = number;
  for (std::size_t i = 0; i < sizeof(Number); ++i, value >>= 8) bytes[offset + i] = static_cast<char>(value & 0xff);
}

}  // namespace cairn::disk
