// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/attestation.h"
#include "attest/tpm.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::attest {

// A machine's side of attestation. Its keys live in the TPM as long as this object; nothing is stored there. The
// attestation key is derived anew each time and is the same one until the TPM is cleared.
class MachineTpm {
 public:
  // Makes the keys, which takes seconds on a discrete TPM. Throws as Tpm does.
  explicit MachineTpm(Tpm& tpm);

  // What the machine says of itself.
  AttestationData attestation() const { return {endorsement_key_, parameters_}; }
  // Proves that both keys are in this TPM: the secret in a server's challenge. Throws reason::kRefused for a challenge
  // that is for another TPM or another key, kBadAttestation for what is none.
  std::string answer(const Credential& challenge);
  Quote quote(std::string_view nonce, const std::vector<unsigned>& pcrs);

 private:
  Tpm& tpm_;
  std::string ek_area_;  // before ek_, whose making fills it
  Flushed ek_;
  Tpm::Created created_;
  Flushed ak_;
  EndorsementKey endorsement_key_;
  AkParameters parameters_;
};

}  // namespace cairn::attest
