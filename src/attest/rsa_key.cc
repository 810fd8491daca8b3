// SPDX-License-Identifier: Apache-2.0
#include "attest/rsa_key.h"

#include "attest/reasons.h"
#include "core/reasons.h"
#include "net/openssl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace cairn::attest {
namespace {

using NumberPtr = std::unique_ptr<BIGNUM, net::OpensslFree<&BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, net::OpensslFree<&OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, net::OpensslFree<&OSSL_PARAM_free>>;

constexpr int kMinBits = 2048;
constexpr int kMaxBits = 4096;

Error failed(std::string_view doing) { return Error(cairn::reason::kInternal, "{}: {}", doing, net::openssl_error()); }

NumberPtr parameter(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return NumberPtr(number);
}

}  // namespace

RsaKey::RsaKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  if (!key_ || EVP_PKEY_is_a(key_.get(), "RSA") != 1) throw Error(reason::kUnsupportedKey, "the key is not an RSA key");
  const int bits = EVP_PKEY_get_bits(key_.get());
  if (bits < kMinBits || bits > kMaxBits)
    throw Error(reason::kUnsupportedKey, "the key has {} bits; {} to {} are accepted", bits, kMinBits, kMaxBits);
  const NumberPtr exponent = parameter(key_.get(), OSSL_PKEY_PARAM_RSA_E);
  const NumberPtr modulus = parameter(key_.get(), OSSL_PKEY_PARAM_RSA_N);
  if (!exponent || BN_is_word(exponent.get(), RSA_F4) != 1 || !modulus || BN_is_odd(modulus.get()) != 1)
    throw Error(reason::kUnsupportedKey, "the key is no RSA key with the exponent 65537");
}

RsaKey RsaKey::from_modulus(std::string_view modulus) {
  if (modulus.size() > kMaxBits / 8)
    throw Error(reason::kUnsupportedKey, "the key has {} bits; {} are accepted", modulus.size() * 8, kMaxBits);
  const NumberPtr number(BN_bin2bn(net::data_of(modulus), static_cast<int>(modulus.size()), nullptr));
  const NumberPtr exponent(BN_new());
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!number || !exponent || !builder || BN_set_word(exponent.get(), RSA_F4) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, number.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    throw failed("making an RSA key");
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const net::KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    throw Error(reason::kUnsupportedKey, "the modulus makes no RSA key: {}", net::openssl_error());
  return RsaKey(std::shared_ptr<EVP_PKEY>(key, &EVP_PKEY_free));
}

RsaKey RsaKey::from_der(std::string_view der) {
  const unsigned char* position = net::data_of(der);
  std::shared_ptr<EVP_PKEY> key(d2i_PUBKEY(nullptr, &position, static_cast<long>(der.size())), &EVP_PKEY_free);
  if (!key || position != net::data_of(der) + der.size())
    throw Error(reason::kBadEk, "a public key cannot be read: {}", net::openssl_error());
  return RsaKey(std::move(key));
}

std::string RsaKey::der() const {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &bytes);
  if (size <= 0) throw failed("writing a public key");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string RsaKey::pem() const {
  const net::BioPtr memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_PUBKEY(memory.get(), key_.get()) != 1) throw failed("writing a public key");
  return net::text_of(memory.get());
}

std::string RsaKey::modulus() const {
  const NumberPtr number = parameter(key_.get(), OSSL_PKEY_PARAM_RSA_N);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), net::data_of(bytes));
  return bytes;
}

bool RsaKey::verifies(std::string_view message, std::string_view signature) const {
  const net::DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  if (!context || EVP_DigestVerifyInit(context.get(), &padding, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PADDING) != 1)
    throw failed("checking a signature");
  const bool good = EVP_DigestVerify(context.get(), net::data_of(signature), signature.size(), net::data_of(message),
                                     message.size()) == 1;
  if (!good) net::openssl_error();  // empties the queue
  return good;
}

std::string RsaKey::encrypt(std::string_view secret, std::string_view label) const {
  const net::KeyContextPtr context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  void* copy = OPENSSL_memdup(label.data(), label.size());
  std::string encrypted(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = encrypted.size();
  bool good = context && copy != nullptr && EVP_PKEY_encrypt_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy, static_cast<int>(label.size())) == 1;
  if (good) copy = nullptr;  // the context owns it now
  good =
      good && EVP_PKEY_encrypt(context.get(), net::data_of(encrypted), &size, net::data_of(secret), secret.size()) == 1;
  OPENSSL_free(copy);
  if (!good) throw failed("encrypting for a TPM");
  encrypted.resize(size);
  return encrypted;
}

}  // namespace cairn::attest
