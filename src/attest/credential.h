// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/rsa_key.h"

#include <string>
#include <string_view>

namespace cairn::attest {

// A secret that only the TPM with the endorsement key can tell, and only while it holds the key with the given name.
struct Credential {
  std::string id_object;         // TPM2B_ID_OBJECT
  std::string encrypted_secret;  // TPM2B_ENCRYPTED_SECRET
};

// TPM2_MakeCredential in software (TPM 2.0 part 1, 24). `key_name` is the attestation key's name, `secret` at most 32
// bytes. The endorsement key is of the RSA 2048 template or one with the same ciphers.
Credential make_credential(const RsaKey& endorsement_key, std::string_view key_name, std::string_view secret);

}  // namespace cairn::attest
