// SPDX-License-Identifier: Apache-2.0
// A compressed stream of unknown kind: it is read to a bound or refused, whole and in small pieces alike.
#include "archive/codec.h"
#include "fuzz_input.h"

#include <optional>

namespace cairn::fuzz {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;

std::optional<std::string> decode(std::string_view data, std::size_t chunk) {
  std::optional<std::string> plain;
  allow_refusal([&] {
    const auto source = archive::open_decompressed(std::make_unique<InputSource>(data, chunk));
    plain = read_text(*source, kMaxOutput, "input");
  });
  return plain;
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cairn::fuzz::text_of(data, size);
  if (cairn::fuzz::decode(input, 1 << 20) != cairn::fuzz::decode(input, 3)) std::abort();
  return 0;
}
