// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/attestation.h"

#include <optional>
#include <string>
#include <string_view>

namespace cairn::enroll {

// Who a machine says it is, in the header `Authorization: Bearer ...`: "TPM" and the attestation in base64, or "PLAIN"
// and a text (a MAC address or the system's UUID) that proves nothing.
struct Claim {
  std::optional<attest::AttestationData> attestation;  // of a TPM; the rest is empty then
  std::string plain;

  // At most 24 KiB. Throws reason::kBadMessage; what AttestationData::parse throws.
  static Claim parse(std::string_view header);
  // The inventory's tpmHash or machineHash.
  std::string hash() const;
};
std::string claim_header(const attest::AttestationData& attestation);

// A machine as the server knows it after the proof.
struct Identity {
  bool tpm = false;
  std::string hash;
  bool vouched = false;  // by the registration's EK authorities
  std::string doubt;     // why they do not vouch, where there are some
  std::string ek_pem;    // for later challenges; empty without a TPM
};

}  // namespace cairn::enroll
