// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"
#include "disk/gpt.h"

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

// Where the fields of a GPT lie (UEFI 2.10, tables 5.5 and 5.6); of gpt_read.cc and gpt_write.cc only.
namespace cairn::disk::gpt_format {

inline constexpr std::string_view kSignature = "EFI PART";
inline constexpr std::uint32_t kRevision = 0x00010000;
inline constexpr std::uint32_t kHeaderSize = 92;
inline constexpr std::uint32_t kEntrySize = 128;
inline constexpr std::uint32_t kEntryCount = 128;
inline constexpr std::uint64_t kPrimaryHeader = 1;  // sector
inline constexpr std::size_t kNameUnits = 36;

namespace header {
inline constexpr std::size_t kRevision = 8;
inline constexpr std::size_t kSize = 12;
inline constexpr std::size_t kCrc = 16;
inline constexpr std::size_t kOwnSector = 24;
inline constexpr std::size_t kOtherSector = 32;
inline constexpr std::size_t kFirstUsable = 40;
inline constexpr std::size_t kLastUsable = 48;
inline constexpr std::size_t kDiskId = 56;
inline constexpr std::size_t kEntriesSector = 72;
inline constexpr std::size_t kEntryCount = 80;
inline constexpr std::size_t kEntrySize = 84;
inline constexpr std::size_t kEntriesCrc = 88;
}  // namespace header

namespace entry {
inline constexpr std::size_t kType = 0;
inline constexpr std::size_t kId = 16;
inline constexpr std::size_t kFirst = 32;
inline constexpr std::size_t kLast = 40;
inline constexpr std::size_t kAttributes = 48;
inline constexpr std::size_t kName = 56;
}  // namespace entry

inline std::uint32_t crc(Bytes bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

// What makes no sense about the partitions of a table, read or to be written; empty if all is well.
std::string find_problem(const GptTable& table);

}  // namespace cairn::disk::gpt_format
