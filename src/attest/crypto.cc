// SPDX-License-Identifier: Apache-2.0
#include "attest/crypto.h"

#include "attest/tpm_codec.h"
#include "core/random.h"
#include "core/reasons.h"
#include "net/openssl.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace cairn::attest {

std::string sha256_bytes(std::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(net::data_of(data), data.size(), net::data_of(digest));
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string code(SHA256_DIGEST_LENGTH, '\0');
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), net::data_of(data), data.size(), net::data_of(code),
           nullptr) == nullptr)
    throw Error(reason::kInternal, "computing an HMAC: {}", net::openssl_error());
  return code;
}

std::string kdfa_sha256(std::string_view key, std::string_view label, std::string_view context_u, std::uint32_t bits) {
  const TpmWriter input =
      TpmWriter().number(std::uint32_t{1}).raw(label).number(std::uint8_t{0}).raw(context_u).number(bits);
  return hmac_sha256(key, input.bytes()).substr(0, bits / 8);
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill_random(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cairn::attest
