// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

// Numbers and sized buffers as TPM 2.0 has them: big-endian (TCG TPM 2.0 Library, part 2). Bytes are std::string.
namespace cairn::attest {

// The largest command, answer or structure that is read or made; TPMs have buffers of 4096 bytes at the most.
inline constexpr std::size_t kMaxTpmBytes = 4096;

class TpmWriter {
 public:
  template <std::unsigned_integral Number>
  TpmWriter& number(Number value) {
    for (std::size_t i = sizeof(Number); i-- > 0;)
      bytes_ += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
    return *this;
  }
  TpmWriter& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  // TPM2B: the size in 16 bits, then the bytes. Throws reason::kBadStructure past 65535 bytes.
  TpmWriter& sized(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Every read is bounded; past the end it throws reason::kBadStructure naming `what`, the structure. Borrows `bytes`.
class TpmReader {
 public:
  TpmReader(std::string_view bytes, std::string_view what) : rest_(bytes), what_(what) {}

  template <std::unsigned_integral Number>
  Number number() {
    std::uint64_t value = 0;
    for (const char byte : raw(sizeof(Number))) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<Number>(value);
  }
  std::string_view raw(std::size_t size);
  // TPM2B of at most `max` bytes.
  std::string_view sized(std::size_t max);
  std::string_view rest() const { return rest_; }
  // Throws unless all was read: bytes that nobody looked at would be bytes that nobody checked.
  void finish() const;

 private:
  std::string_view rest_;
  std::string_view what_;
};

}  // namespace cairn::attest
