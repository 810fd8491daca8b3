// SPDX-License-Identifier: Apache-2.0
#include "net/authority.h"

#include "core/error.h"
#include "core/random.h"
#include "net/openssl.h"
#include "net/reasons.h"

#include <openssl/pem.h>

#include <algorithm>
#include <array>

namespace cairn::net {
namespace {

using SharedKey = std::shared_ptr<EVP_PKEY>;
using SharedCertificate = std::shared_ptr<X509>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<&GENERAL_NAMES_free>>;
using NamePtr = std::unique_ptr<GENERAL_NAME, OpensslFree<&GENERAL_NAME_free>>;

constexpr std::size_t kMaxRequestBytes = 8 << 10;
constexpr std::size_t kMaxCommonName = 64;  // ub-common-name of RFC 5280
constexpr std::size_t kSerialBytes = 16;
constexpr std::chrono::hours kClockDifference{1};

void require(bool good, std::string_view doing) {
  if (!good) throw Error(reason::kCertificate, "{}: {}", doing, openssl_error());
}

SharedKey read_key(const Secret& pem) {
  SharedKey key = read_private_key(pem);
  require(key != nullptr, "reading a private key");
  return key;
}

Secret key_pem(EVP_PKEY* key) {
  const BioPtr memory(BIO_new(BIO_s_secmem()));
  require(memory && PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "writing a private key");
  return Secret(text_of(memory.get()));
}

SharedKey new_key() {
  SharedKey key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  require(key != nullptr, "making a key");
  return key;
}

std::string certificate_pem(X509* certificate) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  require(memory && PEM_write_bio_X509(memory.get(), certificate) == 1, "writing a certificate");
  return text_of(memory.get());
}

void set_common_name(X509_NAME* subject, const std::string& name) {
  if (name.empty() || name.size() > kMaxCommonName)
    throw Error(reason::kCertificate, "a certificate's name has {} bytes; 1 to {} are allowed", name.size(),
                kMaxCommonName);
  require(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                     -1, 0) == 1,
          "naming a certificate");
}

// `value` is a constant of ours, never a text from outside: OpenSSL's notation has commas of its own.
void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extending a certificate");
}

void add_name(GENERAL_NAMES* names, int kind, const std::string& text) {
  NamePtr name(a2i_GENERAL_NAME(nullptr, nullptr, nullptr, kind, text.c_str(), 0));
  require(name && text.find('\0') == std::string::npos && sk_GENERAL_NAME_push(names, name.get()) > 0, "adding a name");
  (void)name.release();
}

void add_alternative_names(X509* certificate, const CertificateSpec& spec) {
  const NamesPtr names(GENERAL_NAMES_new());
  for (const auto& name : spec.dns_names) add_name(names.get(), GEN_DNS, name);
  for (const auto& address : spec.addresses) add_name(names.get(), GEN_IPADD, address);
  for (const auto& uri : spec.uris) add_name(names.get(), GEN_URI, uri);
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1,
          "adding names");
}

// All but the extensions and the signature.
SharedCertificate begin(EVP_PKEY* key, const std::string& name, Authority::Time now, std::chrono::seconds valid) {
  SharedCertificate certificate(X509_new(), &X509_free);
  require(certificate != nullptr, "making a certificate");
  std::array<unsigned char, kSerialBytes> serial{};
  fill_random(std::as_writable_bytes(std::span(serial)));
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive, and always as long
  const std::unique_ptr<BIGNUM, OpensslFree<&BN_free>> number(BN_bin2bn(serial.data(), kSerialBytes, nullptr));
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr,
          "numbering a certificate");
  const auto time = [](Authority::Time t) { return std::chrono::system_clock::to_time_t(t); };
  require(X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(certificate.get()), time(now - kClockDifference)) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(certificate.get()), time(now + valid)) != nullptr &&
              X509_set_pubkey(certificate.get(), key) == 1,
          "making a certificate");
  set_common_name(X509_get_subject_name(certificate.get()), name);
  return certificate;
}

bool is_accepted(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "RSA") == 1) return bits >= 2048 && bits <= 4096;
  std::array<char, 32> group{};
  std::size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1)
    return false;
  const std::string_view name(group.data(), size);
  return name == "prime256v1" || name == "secp384r1";
}

}  // namespace

Secret make_private_key() { return key_pem(new_key().get()); }

std::string make_certificate_request(const Secret& key, const std::string& common_name) {
  const SharedKey own = read_key(key);
  const CertificateRequestPtr request(X509_REQ_new());
  const BioPtr memory(BIO_new(BIO_s_mem()));
  require(request && memory && X509_REQ_set_version(request.get(), 0) == 1, "making a request");
  set_common_name(X509_REQ_get_subject_name(request.get()), common_name);
  require(X509_REQ_set_pubkey(request.get(), own.get()) == 1 &&
              X509_REQ_sign(request.get(), own.get(), EVP_sha256()) > 0 &&
              PEM_write_bio_X509_REQ(memory.get(), request.get()) == 1,
          "making a request");
  return text_of(memory.get());
}

Authority Authority::make(const std::string& common_name, Time now, std::chrono::seconds valid) {
  SharedKey key = new_key();
  SharedCertificate certificate = begin(key.get(), common_name, now, valid);
  X509* made = certificate.get();
  require(X509_set_issuer_name(made, X509_get_subject_name(made)) == 1, "making a certificate");
  add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(made, made, NID_subject_key_identifier, "hash");
  require(X509_sign(made, key.get(), EVP_sha256()) > 0, "signing a certificate");
  return Authority(std::move(key), std::move(certificate));
}

Authority Authority::load(std::string_view certificate, const Secret& key) {
  const BioPtr reader = reader_of(certificate);
  SharedCertificate own(PEM_read_bio_X509(reader.get(), nullptr, refuse_pass_phrase, nullptr), &X509_free);
  require(own != nullptr, "reading an authority's certificate");
  SharedKey secret = read_key(key);
  require(X509_check_private_key(own.get(), secret.get()) == 1, "the authority's certificate and key");
  if ((X509_get_extension_flags(own.get()) & EXFLAG_CA) == 0)
    throw Error(reason::kCertificate, "the certificate is no authority's");
  return Authority(std::move(secret), std::move(own));
}

std::string Authority::certificate() const { return certificate_pem(certificate_.get()); }
Secret Authority::key() const { return key_pem(key_.get()); }

std::string Authority::sign_request(std::string_view request, const CertificateSpec& spec, Time now) const {
  if (request.size() > kMaxRequestBytes)
    throw Error(reason::kCertificate, "a request for a certificate has {} bytes", request.size());
  const BioPtr reader = reader_of(request);
  const CertificateRequestPtr asked(PEM_read_bio_X509_REQ(reader.get(), nullptr, refuse_pass_phrase, nullptr));
  require(asked != nullptr, "reading a request for a certificate");
  EVP_PKEY* key = X509_REQ_get0_pubkey(asked.get());
  require(key != nullptr, "reading a request's key");
  if (!is_accepted(key))
    throw Error(reason::kCertificate, "a request's key is neither P-256, P-384 nor RSA of 2048 to 4096 bits");
  require(X509_REQ_verify(asked.get(), key) == 1, "a request is not signed by its own key");
  const SharedCertificate certificate = begin(key, spec.common_name, now, spec.valid);
  X509* made = certificate.get();
  require(X509_set_issuer_name(made, X509_get_subject_name(certificate_.get())) == 1, "making a certificate");
  add_extension(made, certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made, certificate_.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(made, certificate_.get(), NID_ext_key_usage, spec.for_server ? "serverAuth" : "clientAuth");
  add_extension(made, certificate_.get(), NID_authority_key_identifier, "keyid");
  add_alternative_names(made, spec);
  require(X509_sign(made, key_.get(), EVP_sha256()) > 0, "signing a certificate");
  return certificate_pem(made);
}

}  // namespace cairn::net
