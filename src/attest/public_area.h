// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/rsa_key.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::attest {

// TPMT_PUBLIC of an RSA key with the name algorithm SHA-256 (TCG TPM 2.0 Library part 2, 12.2.4).
struct PublicArea {
  std::uint32_t attributes = 0;
  std::string policy;             // empty or 32 bytes
  bool aes_cfb = false;           // the symmetric cipher of a storage key, AES-128-CFB; else none
  std::uint16_t scheme = 0x0010;  // TPM_ALG_ID of the signing scheme; with SHA-256 if it is not the null scheme
  std::uint16_t bits = 2048;
  std::string unique;  // the modulus; in a template what the key is derived from

  // Throws reason::kBadStructure, and reason::kUnsupportedKey for other kinds of keys.
  static PublicArea parse(std::string_view bytes);
  std::string to_bytes() const;
  // TPM2B_NAME's content: algorithm and digest of the public area.
  std::string name() const;
  RsaKey key() const;
};

// The RSA 2048 template of the TCG EK Credential Profile (2.x, template L-1). `nonce` is what NV index 0x01c00003
// holds, or empty.
PublicArea ek_template(std::string_view nonce);
// Our attestation key: RSA 2048, RSASSA with SHA-256, restricted to what the TPM itself says. Without noDA a few power
// cuts would lock the TPM: each counts as a failed try while a key that is subject to the lockout is loaded.
PublicArea ak_template();

}  // namespace cairn::attest
