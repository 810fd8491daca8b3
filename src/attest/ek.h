// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/rsa_key.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace cairn::attest {

// The endorsement key of a TPM as a machine shows it: its certificate, or the public key alone.
class EndorsementKey {
 public:
  // One PEM block, "CERTIFICATE" or "PUBLIC KEY", of at most 8 KiB. Throws reason::kBadEk, kUnsupportedKey.
  static EndorsementKey parse_pem(std::string_view pem);
  // A certificate as NV index 0x01c00002 holds it: DER, with or without the wrapper of the TCG PC Client specification,
  // and whatever fills the rest of the index. Throws the same.
  static EndorsementKey parse_nv(std::string_view content);
  static EndorsementKey of_key(RsaKey key) { return EndorsementKey(std::move(key), nullptr); }

  std::string to_pem() const;
  const RsaKey& key() const { return key_; }
  bool has_certificate() const { return certificate_ != nullptr; }
  // The inventory's tpmHash: SHA-256 over SubjectPublicKeyInfo in DER, lower-case hexadecimal. The same whether the
  // machine shows the certificate or the key.
  std::string hash() const;

 private:
  friend class EkAuthorities;
  EndorsementKey(RsaKey key, std::shared_ptr<x509_st> certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}
  static EndorsementKey of_certificate(std::shared_ptr<x509_st> certificate);

  RsaKey key_;
  std::shared_ptr<x509_st> certificate_;
};

// Certificates of TPM makers, roots and intermediates, each trusted as it stands there. No revocation lists.
class EkAuthorities {
 public:
  // PEM certificates one after the other, at most 1 MiB and 1000 of them. Throws reason::kBadEk.
  static EkAuthorities parse(std::string_view pem);

  // Checks that a chain leads from the certificate to one of ours, valid at `now`, and that the certificate is one for
  // endorsement keys. Extensions that OpenSSL does not know are accepted on the key's own certificate even if critical:
  // TPM makers write some. Throws reason::kUntrustedEk saying why.
  void require(const EndorsementKey& key, std::chrono::system_clock::time_point now) const;

 private:
  std::vector<std::shared_ptr<x509_st>> certificates_;
};

}  // namespace cairn::attest
