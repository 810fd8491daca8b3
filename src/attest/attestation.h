// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/credential.h"
#include "attest/ek.h"
#include "attest/public_area.h"

#include <string>
#include <string_view>
#include <vector>

// The documents of Elemental's registration (the JSON of go-attestation's AttestationParameters and
// EncryptedCredential) and the checks on them; bytes are standard base64 in JSON. docs/formats/attestation.md.
namespace cairn::attest {

// What proves that a TPM made an attestation key and never lets it out.
struct AkParameters {
  std::string public_area;         // TPMT_PUBLIC
  std::string creation_data;       // TPMS_CREATION_DATA
  std::string create_attestation;  // TPMS_ATTEST
  std::string create_signature;    // TPMT_SIGNATURE
};

// A key that was proven. Only verify_ak() makes one.
class ProvenAk {
 public:
  const std::string& name() const { return name_; }
  const RsaKey& key() const { return key_; }

 private:
  friend ProvenAk verify_ak(const AkParameters& parameters);
  ProvenAk(std::string name, RsaKey key) : name_(std::move(name)), key_(std::move(key)) {}
  std::string name_;
  RsaKey key_;
};

// A restricted RSA signing key, bound to a TPM, that signs the statement of its own creation. It does not say which
// TPM: that is what the challenge is for. Throws reason::kUnprovenKey, kBadStructure, kUnsupportedKey.
ProvenAk verify_ak(const AkParameters& parameters);

struct AttestationData {
  EndorsementKey endorsement_key;
  AkParameters attestation_key;

  // At most 16 KiB. Throws reason::kBadAttestation, kBadEk, kUnsupportedKey.
  static AttestationData parse(std::string_view json);
  std::string to_json() const;
};

// The server's question {"EC": {"Credential", "Secret"}} and the machine's answer {"Secret"}; at most 4 KiB each.
// Throw reason::kBadAttestation.
Credential parse_challenge(std::string_view json);
std::string challenge_json(const Credential& credential);
std::string parse_challenge_answer(std::string_view json);
std::string challenge_answer_json(std::string_view secret);

// A quote as a TPM gave it.
struct Quote {
  std::string attested;   // TPMS_ATTEST
  std::string signature;  // TPMT_SIGNATURE
};

// What a quote says once it is believed.
struct QuotedState {
  std::string pcr_digest;  // SHA-256 over the PCRs' values in order
  std::uint64_t clock = 0;
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool clock_safe = false;
};

// Throws reason::kBadQuote unless `key` signed it, about exactly these PCRs (at least one, rising) of the SHA-256 bank,
// with this nonce of at least 16 bytes; kBadStructure, kUnsupportedKey.
QuotedState verify_quote(const RsaKey& key, const Quote& quote, std::string_view nonce,
                         const std::vector<unsigned>& pcrs);

}  // namespace cairn::attest
