// SPDX-License-Identifier: Apache-2.0
#include "attest/credential.h"

#include "attest/crypto.h"
#include "attest/tpm_codec.h"
#include "core/reasons.h"
#include "net/openssl.h"

namespace cairn::attest {
namespace {

constexpr std::size_t kSeedBytes = 16;
constexpr std::size_t kMaxSecretBytes = 32;
// The 0 at its end belongs to it.
constexpr std::string_view kLabel("IDENTITY\0", 9);

std::string aes_cfb(std::string_view key, std::string_view data) {
  const net::CipherContextPtr context(EVP_CIPHER_CTX_new());
  const std::string zero(16, '\0');
  std::string encrypted(data.size(), '\0');
  int size = 0;
  if (!context ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_128_cfb128(), nullptr,
                         reinterpret_cast<const unsigned char*>(key.data()),
                         reinterpret_cast<const unsigned char*>(zero.data())) != 1 ||
      EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(encrypted.data()), &size,
                        reinterpret_cast<const unsigned char*>(data.data()), static_cast<int>(data.size())) != 1)
    throw Error(reason::kInternal, "encrypting a credential: {}", net::openssl_error());
  return encrypted;
}

}  // namespace

Credential make_credential(const RsaKey& endorsement_key, std::string_view key_name, std::string_view secret) {
  if (secret.size() > kMaxSecretBytes)
    throw Error(reason::kInternal, "a secret of {} bytes does not fit into a credential", secret.size());
  const std::string seed = random_bytes(kSeedBytes);
  const std::string encrypted = aes_cfb(kdfa_sha256(seed, "STORAGE", key_name, 128), TpmWriter().sized(secret).bytes());
  const std::string code = hmac_sha256(kdfa_sha256(seed, "INTEGRITY", "", 256), encrypted + std::string(key_name));
  return {.id_object = TpmWriter().sized(TpmWriter().sized(code).raw(encrypted).bytes()).bytes(),
          .encrypted_secret = TpmWriter().sized(endorsement_key.encrypt(seed, kLabel)).bytes()};
}

}  // namespace cairn::attest
