// SPDX-License-Identifier: Apache-2.0
// Documents of attestation from a stranger: refused, or written and read again as the same; never proven by chance.
#include "attest/attestation.h"
#include "fuzz_input.h"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cairn::fuzz::text_of(data, size);
  using namespace cairn::attest;
  cairn::fuzz::allow_refusal([&] {
    const auto read = AttestationData::parse(input);
    const std::string once = read.to_json();
    if (AttestationData::parse(once).to_json() != once) std::abort();
    verify_ak(read.attestation_key);
  });
  cairn::fuzz::allow_refusal([&] {
    const std::string once = challenge_json(parse_challenge(input));
    if (challenge_json(parse_challenge(once)) != once) std::abort();
  });
  cairn::fuzz::allow_refusal([&] {
    const std::string secret = parse_challenge_answer(input);
    if (parse_challenge_answer(challenge_answer_json(secret)) != secret) std::abort();
  });
  return 0;
}
