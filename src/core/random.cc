// SPDX-License-Identifier: Apache-2.0
#include "core/random.h"

#include "core/error.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

namespace cairn {
namespace {

constexpr std::size_t kMostAtOnce = 256;  // these come whole, once the kernel has gathered enough to begin with

std::array<unsigned char, 16> random_bytes() {
  std::array<unsigned char, 16> bytes{};
  fill_random(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace

void fill_random(MutableBytes bytes) {
  while (!bytes.empty()) {
    const MutableBytes part = bytes.first(std::min(bytes.size(), kMostAtOnce));
    if (::getrandom(part.data(), part.size(), 0) == static_cast<ssize_t>(part.size())) {
      bytes = bytes.subspan(part.size());
    } else if (errno != EINTR) {
      throw system_error(errno, "asking the kernel for random numbers");
    }
  }
}

std::string make_random_text(std::size_t count, std::string_view alphabet) {
  // Bytes above the last whole multiple would make the first characters likelier.
  const std::size_t fair = 256 - 256 % alphabet.size();
  std::string text;
  while (text.size() < count) {
    for (const unsigned char byte : random_bytes()) {
      if (byte < fair && text.size() < count) text += alphabet[byte % alphabet.size()];
    }
  }
  return text;
}

std::string make_uuid() {
  auto bytes = random_bytes();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

std::int64_t pick_random(std::int64_t least, std::int64_t most) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

}  // namespace cairn
