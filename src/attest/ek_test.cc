// SPDX-License-Identifier: Apache-2.0
#include "attest/ek.h"

#include "attest/attestation.h"
#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "core/file.h"
#include "core/utc.h"
#include "net/openssl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <functional>

namespace cairn::attest {
namespace {

const std::string kFolder = CAIRN_TEST_DATA "/attestation/";

std::chrono::system_clock::time_point at(std::string_view utc) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(parse_utc(utc).value()));
}
const auto kNow = at("2027-01-01T00:00:00Z");

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.reason().code) + " " + error.what();
  }
  return "";
}

struct Identity {
  net::KeyPtr key;
  net::CertificatePtr certificate;

  std::string pem() const {
    const net::BioPtr memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate.get());
    return net::text_of(memory.get());
  }
  std::string der() const {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate.get(), &bytes);
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
  }
};

using Extensions = std::vector<std::pair<int, std::string>>;

// Valid in 2026 and 2027; self-signed without an issuer. `key` is a new RSA key unless given.
Identity make(const std::string& name, const Identity* issuer, const Extensions& extensions, EVP_PKEY* key = nullptr) {
  Identity made{net::KeyPtr(key != nullptr ? key : EVP_RSA_gen(2048)), net::CertificatePtr(X509_new())};
  X509* certificate = made.certificate.get();
  const Identity& parent = issuer == nullptr ? made : *issuer;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20260101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20271231000000Z");
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(parent.certificate.get()));
  for (const auto& [id, value] : extensions) {
    const net::ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()));
    if (!extension) throw std::logic_error("extension " + value);
    X509_add_ext(certificate, extension.get(), -1);
  }
  X509_sign(certificate, parent.key.get(), EVP_sha256());
  return made;
}

int unknown_extension() {
  static const int id = [] {
    const int made = OBJ_create("2.23.133.99.1", "odd", "an odd extension");
    X509V3_EXT_add_alias(made, NID_netscape_comment);
    return made;
  }();
  return id;
}

const Extensions kCa = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign"}};
const Extensions kEk = {{NID_basic_constraints, "critical,CA:FALSE"},
                        {NID_key_usage, "critical,keyEncipherment"},
                        {NID_ext_key_usage, "2.23.133.8.1"}};

class EkTest : public ::testing::Test {
 protected:
  std::string refusal_of(const Identity& certified, const std::string& pool,
                         std::chrono::system_clock::time_point now = kNow) {
    return refusal([&] { EkAuthorities::parse(pool).require(EndorsementKey::parse_pem(certified.pem()), now); });
  }
  static Extensions with(Extensions extensions, int id, const std::string& value) {
    extensions.emplace_back(id, value);
    return extensions;
  }

  Identity root_ = make("maker's root", nullptr, kCa);
  Identity between_ = make("maker's intermediate", &root_, kCa);
  std::string pool_ = root_.pem() + between_.pem();
};

TEST_F(EkTest, TheRecordedMachineIsVouchedFor) {
  const auto data = AttestationData::parse(read_file(kFolder + "attestation.json", 64 << 10));
  const auto pool = EkAuthorities::parse(read_file(kFolder + "authorities.pem", 1 << 20));
  EXPECT_EQ(refusal([&] { pool.require(data.endorsement_key, kNow); }), "");
}

TEST_F(EkTest, ChainsThroughAnIntermediateOrEndsThere) {
  const Identity ek = make("ek", &between_, kEk);
  EXPECT_EQ(refusal_of(ek, pool_), "");
  EXPECT_EQ(refusal_of(ek, between_.pem()), "");
  EXPECT_THAT(refusal_of(ek, root_.pem()), ::testing::StartsWith(std::string(reason::kUntrustedEk.code)));
}

TEST_F(EkTest, RefusesStrangersAndOtherTimes) {
  const Identity other = make("maker's root", nullptr, kCa);
  const Identity ek = make("ek", &other, kEk);
  EXPECT_THAT(refusal_of(ek, pool_), ::testing::StartsWith(std::string(reason::kUntrustedEk.code)));
  EXPECT_THAT(refusal_of(make("ek", &root_, kEk), pool_, at("2028-01-02T00:00:00Z")), ::testing::HasSubstr("expired"));
  EXPECT_THAT(refusal_of(make("ek", &root_, kEk), pool_, at("2025-01-02T00:00:00Z")),
              ::testing::HasSubstr("not yet valid"));
}

TEST_F(EkTest, AcceptsOddExtensionsOnTheLeafAlone) {
  EXPECT_EQ(refusal_of(make("ek", &root_, with(kEk, unknown_extension(), "critical,odd")), pool_), "");
  const Identity odd = make("odd", &root_, with(kCa, unknown_extension(), "critical,odd"));
  EXPECT_THAT(refusal_of(make("ek", &odd, kEk), root_.pem() + odd.pem()), ::testing::HasSubstr("critical extension"));
}

TEST_F(EkTest, RefusesCertificatesForOtherUses) {
  EXPECT_THAT(refusal_of(make("ca", &root_, kCa), pool_), ::testing::HasSubstr("authority's"));
  EXPECT_THAT(refusal_of(make("server", &root_, {{NID_ext_key_usage, "serverAuth"}}), pool_),
              ::testing::HasSubstr("extended"));
  EXPECT_THAT(refusal_of(make("signer", &root_, {{NID_key_usage, "digitalSignature"}}), pool_),
              ::testing::HasSubstr("encryption"));
  EXPECT_EQ(refusal_of(make("old", &root_, {}), pool_), "");
}

// The system that we replace dies of it.
TEST_F(EkTest, AKeyWithoutCertificateIsRefusedInAnOrderlyWay) {
  const auto bare = EndorsementKey::parse_pem(EndorsementKey::parse_pem(root_.pem()).key().pem());
  EXPECT_THAT(refusal([&] { EkAuthorities::parse(pool_).require(bare, kNow); }),
              ::testing::HasSubstr("no certificate"));
}

TEST_F(EkTest, ReadsWhatNvHolds) {
  const Identity ek = make("ek", &root_, kEk);
  const std::string hash = EndorsementKey::parse_pem(ek.pem()).hash();
  const std::string wrapped = TpmWriter().raw(std::string_view("\x10\x01\x00", 3)).sized("\x10\x02" + ek.der()).bytes();
  EXPECT_EQ(EndorsementKey::parse_nv(ek.der()).hash(), hash);
  EXPECT_EQ(EndorsementKey::parse_nv(ek.der() + std::string(100, '\xff')).hash(), hash);
  EXPECT_EQ(EndorsementKey::parse_nv(wrapped + "rest").hash(), hash);
  for (const std::string& bad :
       {std::string(), std::string("\x10\x01\x00", 3), wrapped.substr(0, 40), std::string(900, '\0')})
    EXPECT_NE(refusal([&] { EndorsementKey::parse_nv(bad); }), "");
}

TEST_F(EkTest, RefusesKeysThatAreNone) {
  const auto refused = [](const std::string& pem) {
    return refusal([&] { EndorsementKey::parse_pem(pem); }).substr(0, 11);
  };
  EXPECT_EQ(refused(""), reason::kBadEk.code);
  EXPECT_EQ(refused(pool_), reason::kBadEk.code);  // two blocks
  EXPECT_EQ(refused(make("small", nullptr, {}, EVP_RSA_gen(1024)).pem()), reason::kUnsupportedKey.code);
  EXPECT_EQ(refused(make("curve", nullptr, {}, EVP_EC_gen("P-256")).pem()), reason::kUnsupportedKey.code);
  EXPECT_EQ(refused(std::string(9000, 'x')), reason::kBadEk.code);
  EXPECT_EQ(refusal([] { EkAuthorities::parse("nothing"); }).substr(0, 11), reason::kBadEk.code);
}

}  // namespace
}  // namespace cairn::attest
