// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_header.h"

#include "archive/reasons.h"

#include <algorithm>

namespace cairn::archive {
namespace {

// Offsets and sizes of the fields.
struct Span {
  std::size_t offset;
  std::size_t size;
};
constexpr Span kName{0, 100};
constexpr Span kMode{100, 8};
constexpr Span kUid{108, 8};
constexpr Span kGid{116, 8};
constexpr Span kSize{124, 12};
constexpr Span kMtime{136, 12};
constexpr Span kChecksum{148, 8};
constexpr std::size_t kType = 156;
constexpr Span kLinkName{157, 100};
constexpr Span kMagic{257, 8};
constexpr Span kMajor{329, 8};
constexpr Span kMinor{337, 8};
constexpr Span kPrefix{345, 155};

std::string_view field(Bytes block, Span span) { return as_text(block.subspan(span.offset, span.size)); }

std::string text_field(Bytes block, Span span) {
  const std::string_view raw = field(block, span);
  return std::string(raw.substr(0, raw.find('\0')));
}

// GNU's form for numbers that octal digits have no room for: two's complement, big endian, the first byte 0x80 or 0xff.
std::int64_t base256(std::string_view raw, std::string_view what) {
  const auto first = static_cast<unsigned char>(raw[0]);
  if (first != 0x80 && first != 0xff) throw Error(reason::kBadTar, "the {} of a header is not a number", what);
  std::int64_t value = first == 0xff ? -1 : 0;
  for (const char c : raw.substr(1)) {
    if (value > (INT64_MAX >> 8) || value < (INT64_MIN >> 8)) {
      throw Error(reason::kBadTar, "the {} of a header is out of range", what);
    }
    value = static_cast<std::int64_t>((static_cast<std::uint64_t>(value) << 8) | static_cast<unsigned char>(c));
  }
  return value;
}

// Octal text, after spaces and before spaces or NULs, or base-256. Only times may be negative. A field of blanks is 0.
// Digits behind a NUL are refused: GNU tar reads those behind a leading one, others don't.
std::int64_t signed_field(Bytes block, Span span, std::string_view what) {
  constexpr std::string_view kBlank(" \0", 2);
  const std::string_view raw = field(block, span);
  if ((static_cast<unsigned char>(raw[0]) & 0x80) != 0) return base256(raw, what);
  const std::size_t begin = std::min(raw.find_first_not_of(' '), raw.size());
  const std::size_t end = std::min(raw.find_first_of(kBlank, begin), raw.size());
  std::int64_t value = 0;
  for (const char c : raw.substr(begin, end - begin)) {
    if (c < '0' || c > '7') throw Error(reason::kBadTar, "the {} of a header is not an octal number", what);
    value = value * 8 + (c - '0');  // at most 12 digits: no overflow
  }
  if (raw.find_first_not_of(kBlank, end) != std::string_view::npos) {
    throw Error(reason::kBadTar, "something follows the {} of a header in its field", what);
  }
  return value;
}

std::uint64_t number_field(Bytes block, Span span, std::string_view what) {
  const std::int64_t value = signed_field(block, span, what);
  if (value < 0) throw Error(reason::kBadTar, "the {} of a header is negative", what);
  return static_cast<std::uint64_t>(value);
}

// v7 headers end before the device numbers, whatever may stand there.
bool has_device_fields(Bytes block) {
  const std::string_view magic = field(block, kMagic);
  return magic.substr(0, 6) == std::string_view("ustar\0", 6) || magic == std::string_view("ustar  \0", 8);
}

void check_sum(Bytes block) {
  std::int64_t sum = 0;         // of unsigned bytes, as the standard says
  std::int64_t signed_sum = 0;  // as some old programs wrote
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const bool in_field = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    const auto byte = in_field ? static_cast<unsigned char>(' ') : std::to_integer<unsigned char>(block[i]);
    sum += byte;
    signed_sum += static_cast<signed char>(byte);
  }
  const std::int64_t stored = signed_field(block, kChecksum, "checksum");
  if (stored != sum && stored != signed_sum) throw Error(reason::kBadTar, "a header has a wrong checksum");
}

void put_text(std::string& block, Span span, std::string_view text) {
  block.replace(span.offset, std::min(text.size(), span.size), text.substr(0, span.size));
}

void put_octal(std::string& block, Span span, std::uint64_t value) {
  const std::size_t digits = span.size - 1;
  const std::uint64_t most = (1ULL << (3 * digits)) - 1;
  put_text(block, span, fmt::format("{:0{}o}", std::min(value, most), digits));
}

}  // namespace

std::optional<TarHeader> parse_tar_header(Bytes block) {
  if (std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{0}; })) return std::nullopt;
  check_sum(block);
  TarHeader header;
  header.name = text_field(block, kName);
  header.mode = number_field(block, kMode, "mode");
  header.uid = number_field(block, kUid, "uid");
  header.gid = number_field(block, kGid, "gid");
  header.size = number_field(block, kSize, "size");
  header.mtime = signed_field(block, kMtime, "time");
  header.type = as_text(block)[kType];
  header.link_name = text_field(block, kLinkName);
  if (header.type == '3' || header.type == '4') {
    header.device_major = number_field(block, kMajor, "device number");
    header.device_minor = number_field(block, kMinor, "device number");
  }
  if ((header.device_major != 0 || header.device_minor != 0) && !has_device_fields(block)) {
    throw Error(reason::kBadTar, "a device's header is neither ustar nor GNU's: programs disagree about its number");
  }
  // GNU's magic ("ustar  ") has other things where ustar has the prefix; v7 has no magic and nothing there.
  const std::string_view magic = field(block, kMagic).substr(0, 6);
  const std::string prefix = magic == "ustar " ? "" : text_field(block, kPrefix);
  if (!prefix.empty() && magic != std::string_view("ustar\0", 6)) {
    throw Error(reason::kBadTar, "a header has a prefix but is not ustar: programs disagree about its name");
  }
  if (!prefix.empty()) header.name = prefix + "/" + header.name;
  return header;
}

std::string make_tar_header(const TarHeader& header) {
  std::string block(kTarBlock, '\0');
  put_text(block, kName, header.name);
  put_octal(block, kMode, header.mode);
  put_octal(block, kUid, header.uid);
  put_octal(block, kGid, header.gid);
  put_octal(block, kSize, header.size);
  put_octal(block, kMtime, header.mtime < 0 ? 0 : static_cast<std::uint64_t>(header.mtime));
  block[kType] = header.type;
  put_text(block, kLinkName, header.link_name);
  put_text(block, kMagic,
           std::string_view("ustar\0"
                            "00",
                            8));
  put_octal(block, kMajor, header.device_major);
  put_octal(block, kMinor, header.device_minor);
  std::uint64_t sum = 8 * ' ';
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_text(block, kChecksum, fmt::format("{:06o}", sum));
  block[kChecksum.offset + 7] = ' ';
  return block;
}

}  // namespace cairn::archive
