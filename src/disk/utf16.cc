// SPDX-License-Identifier: Apache-2.0
#include "disk/utf16.h"

#include "disk/little_endian.h"

namespace cairn::disk {
namespace {

constexpr char32_t kReplacement = 0xfffd;

constexpr bool is_high(char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low(char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

void append_utf8(std::string& text, char32_t c) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xe0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

// Takes one character off the front of `text`, which is not empty.
char32_t next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  constexpr unsigned char kMask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t c = length == 0 ? 0 : first & kMask[length];
  bool good = length != 0 && length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    good = byte(i) >> 6 == 2;
    c = c << 6 | (byte(i) & 0x3f);
  }
  good = good && c >= kSmallest[length] && c <= 0x10ffff && !is_high(c) && !is_low(c);
  text.remove_prefix(good ? length : 1);
  return good ? c : kReplacement;
}

}  // namespace

std::string utf8_of_utf16(Bytes units) {
  std::string text;
  for (std::size_t i = 0; i + 1 < units.size(); i += 2) {
    char32_t c = load_le<std::uint16_t>(units, i);
    if (c == 0) break;
    const char32_t next = i + 3 < units.size() ? load_le<std::uint16_t>(units, i + 2) : 0;
    if (is_high(c) && is_low(next)) {
      c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
      i += 2;
    } else if (is_high(c) || is_low(c)) {
      c = kReplacement;
    }
    append_utf8(text, c);
  }
  return text;
}

std::vector<std::uint16_t> utf16_of_utf8(std::string_view text) {
  std::vector<std::uint16_t> units;
  while (!text.empty()) {
    const char32_t c = next_character(text);
    if (c < 0x10000) {
      units.push_back(static_cast<std::uint16_t>(c));
    } else {
      units.push_back(static_cast<std::uint16_t>(0xd800 + ((c - 0x10000) >> 10)));
      units.push_back(static_cast<std::uint16_t>(0xdc00 + ((c - 0x10000) & 0x3ff)));
    }
  }
  return units;
}

}  // namespace cairn::disk
