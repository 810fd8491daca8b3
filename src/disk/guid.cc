// SPDX-License-Identifier: Apache-2.0
#include "disk/guid.h"

#include "core/digest.h"
#include "core/random.h"
#include "core/text.h"
#include "disk/reasons.h"

#include <algorithm>

namespace cairn::disk {
namespace {

// Which byte on disk each pair of digits of the text stands for.
constexpr std::array<std::uint8_t, Guid::kSize> kTextOrder = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view kDigits = "0123456789abcdef";

constexpr int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::optional<Guid> read_guid(std::string_view text) {
  if (text.size() != kShape.size()) return std::nullopt;
  Guid::Raw raw{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] == '-') {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = digit_value(text[i]);
    if (value < 0) return std::nullopt;
    std::uint8_t& byte = raw[kTextOrder[count / 2]];
    byte = static_cast<std::uint8_t>(byte * 16 + value);
    ++count;
  }
  return Guid(raw);
}

// RFC 9562: version 4 (random) of the usual variant.
Guid as_version_4(Guid::Raw raw) {
  raw[7] = static_cast<std::uint8_t>((raw[7] & 0x0f) | 0x40);
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
  return Guid(raw);
}

}  // namespace

constinit const Guid kBiosBootType = *read_guid("21686148-6449-6e6f-744e-656564454649");
constinit const Guid kEfiSystemType = *read_guid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
constinit const Guid kLinuxDataType = *read_guid("0fc63daf-8483-4772-8e79-3d69d8477de4");

std::optional<Guid> Guid::try_parse(std::string_view text) { return read_guid(text); }

Guid Guid::parse(std::string_view text) {
  if (const auto guid = try_parse(text)) return *guid;
  throw Error(reason::kBadGuid, "\"{}\" is not a GUID", printable(text, 64));
}

Guid Guid::from_bytes(Bytes bytes) {
  Raw raw{};
  std::transform(bytes.begin(), bytes.begin() + kSize, raw.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return Guid(raw);
}

std::string Guid::text() const {
  std::string text(kShape);
  std::size_t count = 0;
  for (char& c : text) {
    if (c == '-') continue;
    const std::uint8_t byte = raw_[kTextOrder[count / 2]];
    c = kDigits[count % 2 == 0 ? byte >> 4 : byte & 0x0f];
    ++count;
  }
  return text;
}

Guid RandomGuids::make(std::string_view) {
  Guid::Raw raw{};
  fill_random(std::as_writable_bytes(std::span(raw)));
  return as_version_4(raw);
}

Guid SeededGuids::make(std::string_view what) {
  const std::string hex(sha256(as_bytes(seed_ + '\0' + std::string(what))).hex());
  Guid::Raw raw{};
  for (std::size_t i = 0; i < raw.size(); ++i) {
    raw[i] = static_cast<std::uint8_t>(digit_value(hex[2 * i]) * 16 + digit_value(hex[2 * i + 1]));
  }
  return as_version_4(raw);
}

}  // namespace cairn::disk
