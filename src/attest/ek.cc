// SPDX-License-Identifier: Apache-2.0
#include "attest/ek.h"

#include "attest/crypto.h"
#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "core/digest.h"
#include "core/reasons.h"
#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

namespace cairn::attest {
namespace {

constexpr std::size_t kMaxPemBytes = 8 << 10;
constexpr std::size_t kMaxPoolBytes = 1 << 20;
constexpr std::size_t kMaxPool = 1000;
constexpr int kMaxDepth = 8;
constexpr const char* kEkCertificateUsage = "2.23.133.8.1";  // tcg-kp-EKCertificate

using Certificate = std::shared_ptr<X509>;

struct PemBlock {
  std::string kind;
  std::string der;
};

// The next block; nothing at the end.
std::optional<PemBlock> read_block(BIO* reader) {
  char* kind = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  if (PEM_read_bio(reader, &kind, &header, &bytes, &size) != 1) {
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string cause = net::openssl_error();
    if (ended) return std::nullopt;
    throw Error(reason::kBadEk, "the PEM text cannot be read: {}", cause);
  }
  PemBlock block{kind, std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size))};
  OPENSSL_free(kind);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  return block;
}

// `rest_allowed`: bytes may follow the certificate.
Certificate read_certificate(std::string_view der, bool rest_allowed) {
  const unsigned char* position = net::data_of(der);
  Certificate certificate(d2i_X509(nullptr, &position, static_cast<long>(der.size())), &X509_free);
  if (!certificate) throw Error(reason::kBadEk, "the certificate cannot be read: {}", net::openssl_error());
  if (!rest_allowed && position != net::data_of(der) + der.size())
    throw Error(reason::kBadEk, "the certificate has bytes after its end");
  return certificate;
}

// Takes the wrapper off: tag 1001, type 00, size in 16 bits; then, with some, tag 1002.
std::string_view unwrap(std::string_view content) {
  if (!content.starts_with(std::string_view("\x10\x01\x00", 3))) return content;
  TpmReader reader(content.substr(3), "the wrapper of the certificate");
  std::string_view inner = reader.sized(content.size());
  if (inner.starts_with("\x10\x02")) inner.remove_prefix(2);
  return inner;
}

int allow_unknown_on_leaf(int trusted, X509_STORE_CTX* context) {
  if (trusted == 0 && X509_STORE_CTX_get_error(context) == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION &&
      X509_STORE_CTX_get_error_depth(context) == 0) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  return trusted;
}

// Older certificates say nothing about their use.
bool is_for_endorsement(X509* certificate) {
  if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0) return true;
  auto* usages = static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages); ++i) {
    char text[64] = {};
    OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(usages, i), 1);
    found = found || std::string_view(text) == kEkCertificateUsage;
  }
  sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
  return found;
}

void require_kind(X509* certificate) {
  const auto flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) throw Error(reason::kUntrustedEk, "the certificate's extensions are malformed");
  if ((flags & EXFLAG_CA) != 0) throw Error(reason::kUntrustedEk, "the certificate is an authority's, not a TPM's");
  if (!is_for_endorsement(certificate))
    throw Error(reason::kUntrustedEk, "the certificate is not for endorsement keys (its extended key usage)");
  if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(certificate) & KU_KEY_ENCIPHERMENT) == 0)
    throw Error(reason::kUntrustedEk, "the certificate's key is not for encryption (its key usage)");
}

}  // namespace

EndorsementKey EndorsementKey::of_certificate(Certificate certificate) {
  EVP_PKEY* key = X509_get_pubkey(certificate.get());
  if (key == nullptr) throw Error(reason::kBadEk, "the certificate's key cannot be read: {}", net::openssl_error());
  return EndorsementKey(RsaKey(std::shared_ptr<EVP_PKEY>(key, &EVP_PKEY_free)), std::move(certificate));
}

EndorsementKey EndorsementKey::parse_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) throw Error(reason::kBadEk, "the endorsement key has {} bytes", pem.size());
  const net::BioPtr reader = net::reader_of(pem);
  const auto block = read_block(reader.get());
  if (!block) throw Error(reason::kBadEk, "the endorsement key is not PEM");
  if (read_block(reader.get())) throw Error(reason::kBadEk, "the endorsement key is more than one PEM block");
  if (block->kind == PEM_STRING_X509) return of_certificate(read_certificate(block->der, false));
  if (block->kind == PEM_STRING_PUBLIC) return of_key(RsaKey::from_der(block->der));
  throw Error(reason::kBadEk, "the endorsement key is neither a certificate nor a public key");
}

EndorsementKey EndorsementKey::parse_nv(std::string_view content) {
  return of_certificate(read_certificate(unwrap(content), true));
}

std::string EndorsementKey::to_pem() const {
  if (!certificate_) return key_.pem();
  const net::BioPtr memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_X509(memory.get(), certificate_.get()) != 1)
    throw Error(cairn::reason::kInternal, "writing a certificate: {}", net::openssl_error());
  return net::text_of(memory.get());
}

std::string EndorsementKey::hash() const { return std::string(sha256(as_bytes(key_.der())).hex()); }

EkAuthorities EkAuthorities::parse(std::string_view pem) {
  if (pem.size() > kMaxPoolBytes) throw Error(reason::kBadEk, "the pool of EK authorities has {} bytes", pem.size());
  const net::BioPtr reader = net::reader_of(pem);
  EkAuthorities authorities;
  while (const auto block = read_block(reader.get())) {
    if (block->kind != PEM_STRING_X509)
      throw Error(reason::kBadEk, "the pool of EK authorities holds a block that is no certificate");
    authorities.certificates_.push_back(read_certificate(block->der, false));
    if (authorities.certificates_.size() > kMaxPool)
      throw Error(reason::kBadEk, "the pool of EK authorities holds more than {} certificates", kMaxPool);
  }
  if (authorities.certificates_.empty()) throw Error(reason::kBadEk, "the pool of EK authorities holds no certificate");
  return authorities;
}

void EkAuthorities::require(const EndorsementKey& key, std::chrono::system_clock::time_point now) const {
  X509* certificate = key.certificate_.get();
  if (certificate == nullptr)
    throw Error(reason::kUntrustedEk, "the machine shows no certificate of its endorsement key");
  require_kind(certificate);
  const net::StorePtr store(X509_STORE_new());
  for (const auto& one : certificates_) X509_STORE_add_cert(store.get(), one.get());
  const net::StoreContextPtr context(X509_STORE_CTX_new());
  if (!store || !context || X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) != 1)
    throw Error(cairn::reason::kInternal, "checking a certificate: {}", net::openssl_error());
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(now));
  X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
  X509_VERIFY_PARAM_set_auth_level(parameters, 1);
  X509_STORE_CTX_set_verify_cb(context.get(), allow_unknown_on_leaf);
  const bool trusted = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!trusted)
    throw Error(reason::kUntrustedEk, "the certificate of the endorsement key: {}",
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace cairn::attest
