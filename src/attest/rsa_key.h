// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace cairn::attest {

// A public RSA key of 2048 to 4096 bits with the exponent 65537, the only kind that TPMs make; the bounds also keep
// what a stranger's key may cost small. All that does not fit throws reason::kUnsupportedKey.
class RsaKey {
 public:
  // `modulus` is big-endian.
  static RsaKey from_modulus(std::string_view modulus);
  // SubjectPublicKeyInfo in DER. Throws reason::kBadEk where it is none.
  static RsaKey from_der(std::string_view der);
  // Takes a share in a key of OpenSSL.
  explicit RsaKey(std::shared_ptr<evp_pkey_st> key);

  // SubjectPublicKeyInfo in DER, and as PEM "PUBLIC KEY".
  std::string der() const;
  std::string pem() const;
  // Big-endian, without leading zeros.
  std::string modulus() const;
  // RSASSA-PKCS1-v1_5 with SHA-256.
  bool verifies(std::string_view message, std::string_view signature) const;
  // OAEP with SHA-256; the label is used as it is.
  std::string encrypt(std::string_view secret, std::string_view label) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace cairn::attest
