// SPDX-License-Identifier: Apache-2.0
// Endorsement keys as PEM and as a TPM holds them: refused, or the same key again; no pool vouches for a stranger.
#include "attest/ek.h"
#include "fuzz_input.h"

#include <string>

namespace {

void check(const cairn::attest::EndorsementKey& key) {
  if (cairn::attest::EndorsementKey::parse_pem(key.to_pem()).hash() != key.hash()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cairn::fuzz::text_of(data, size);
  using namespace cairn::attest;
  cairn::fuzz::allow_refusal([&] { check(EndorsementKey::parse_pem(input)); });
  cairn::fuzz::allow_refusal([&] { check(EndorsementKey::parse_nv(input)); });
  cairn::fuzz::allow_refusal([&] {
    EkAuthorities::parse(input).require(EndorsementKey::parse_nv(input), std::chrono::system_clock::time_point{});
  });
  return 0;
}
