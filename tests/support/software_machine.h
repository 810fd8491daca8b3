// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attest/attestation.h"
#include "attest/attested.h"
#include "attest/crypto.h"
#include "attest/public_area.h"
#include "attest/tpm_codec.h"
#include "attest/tpm_constants.h"
#include "net/openssl.h"

#include <openssl/rsa.h>

#include <stdexcept>
#include <string>

namespace cairn::testing {

// A machine whose TPM is a few lines of OpenSSL: for protocols, where a real TPM's answers are all that counts.
class SoftwareMachine {
 public:
  attest::AttestationData attestation() const {
    attest::PublicArea area = attest::ak_template();
    area.unique = rsa(ak_).modulus();
    attest::AkParameters parameters{.public_area = area.to_bytes(), .creation_data = "creation data"};
    parameters.create_attestation = attest::TpmWriter()
                                        .number(attest::kGenerated)
                                        .number(attest::tag::kAttestCreation)
                                        .sized("")
                                        .sized("")
                                        .raw(std::string(25, '\0'))
                                        .sized(area.name())
                                        .sized(attest::sha256_bytes(parameters.creation_data))
                                        .bytes();
    parameters.create_signature = attest::TpmWriter()
                                      .number(attest::alg::kRsassa)
                                      .number(attest::alg::kSha256)
                                      .sized(sign(parameters.create_attestation))
                                      .bytes();
    return {attest::EndorsementKey::of_key(rsa(ek_)), parameters};
  }

  // TPM2_ActivateCredential without the check of the HMAC.
  std::string answer(const attest::Credential& challenge) const {
    attest::TpmReader outer(challenge.id_object, "id object");
    attest::TpmReader inner(outer.sized(1024), "id object");
    inner.sized(64);
    const std::string seed = decrypt(attest::TpmReader(challenge.encrypted_secret, "secret").sized(512));
    const std::string name = attest::PublicArea::parse(attestation().attestation_key.public_area).name();
    const std::string plain = aes_cfb(attest::kdfa_sha256(seed, "STORAGE", name, 128), inner.rest());
    return std::string(attest::TpmReader(plain, "credential").sized(64));
  }

 private:
  using Key = std::shared_ptr<EVP_PKEY>;

  static unsigned char* data(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
  static const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  }
  static void require(bool good) {
    if (!good) throw std::logic_error("software machine: " + net::openssl_error());
  }
  static attest::RsaKey rsa(const Key& key) { return attest::RsaKey(key); }

  std::string sign(std::string_view message) const {
    const net::DigestContextPtr context(EVP_MD_CTX_new());
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, ak_.get()) == 1 &&
            EVP_DigestSign(context.get(), data(signature), &size, data(message), message.size()) == 1);
    return signature;
  }

  std::string decrypt(std::string_view encrypted) const {
    const net::KeyContextPtr context(EVP_PKEY_CTX_new(ek_.get(), nullptr));
    std::string plain(256, '\0');
    std::size_t size = plain.size();
    require(EVP_PKEY_decrypt_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
            EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), OPENSSL_memdup("IDENTITY", 9), 9) == 1 &&
            EVP_PKEY_decrypt(context.get(), data(plain), &size, data(encrypted), encrypted.size()) == 1);
    plain.resize(size);
    return plain;
  }

  static std::string aes_cfb(std::string_view key, std::string_view encrypted) {
    const net::CipherContextPtr context(EVP_CIPHER_CTX_new());
    const unsigned char zero[16] = {};
    std::string plain(encrypted.size(), '\0');
    int size = 0;
    require(EVP_DecryptInit_ex(context.get(), EVP_aes_128_cfb128(), nullptr, data(key), zero) == 1 &&
            EVP_DecryptUpdate(context.get(), data(plain), &size, data(encrypted), static_cast<int>(encrypted.size())) ==
                1);
    return plain;
  }

  Key ek_{EVP_RSA_gen(2048), &EVP_PKEY_free};
  Key ak_{EVP_RSA_gen(2048), &EVP_PKEY_free};
};

}  // namespace cairn::testing
