// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/secret.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace cairn::net {

// A new P-256 key, PEM (PKCS 8).
Secret make_private_key();
// A PKCS 10 request signed by `key`, PEM. Throws reason::kCertificate for a key that cannot be read; so do all below.
std::string make_certificate_request(const Secret& key, const std::string& common_name);

// What a certificate says. The requester decides nothing of it.
struct CertificateSpec {
  std::string common_name;  // at most 64 bytes
  std::vector<std::string> dns_names = {};
  std::vector<std::string> addresses = {};  // IPv4 or IPv6
  std::vector<std::string> uris = {};
  bool for_server = false;  // else for a client
  std::chrono::seconds valid{};
};

// A certificate authority of our own: a P-256 key and a self-signed certificate that signs no other authorities.
class Authority {
 public:
  using Time = std::chrono::system_clock::time_point;

  static Authority make(const std::string& common_name, Time now, std::chrono::seconds valid);
  // Throws reason::kCertificate unless both can be read and belong together.
  static Authority load(std::string_view certificate, const Secret& key);

  std::string certificate() const;  // PEM
  Secret key() const;               // PEM (PKCS 8)

  // Signs the public key of a PKCS 10 request (PEM, at most 8 KiB), which must be signed by that key itself: P-256,
  // P-384, or RSA of 2048 to 4096 bits. Valid from an hour before `now`, for clocks that differ. PEM.
  std::string sign_request(std::string_view request, const CertificateSpec& spec, Time now) const;

 private:
  Authority(std::shared_ptr<evp_pkey_st> key, std::shared_ptr<x509_st> certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}

  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
};

}  // namespace cairn::net
