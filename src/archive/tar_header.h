// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The 512-byte block in front of each member: ustar (IEEE 1003.1-2017), GNU's and the old v7 form.
namespace cairn::archive {

inline constexpr std::size_t kTarBlock = 512;

struct TarHeader {
  std::string name;  // prefix applied
  std::string link_name;
  std::uint64_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::uint64_t device_major = 0;
  std::uint64_t device_minor = 0;
  char type = '0';
};

// Empty for a block of zeros. Throws reason::kBadTar for a wrong checksum or a field that is no number.
std::optional<TarHeader> parse_tar_header(Bytes block);

// A ustar block with its checksum. Fields that do not fit are left at their largest or cut: the caller has put the
// true value into a pax record.
std::string make_tar_header(const TarHeader& header);

}  // namespace cairn::archive
