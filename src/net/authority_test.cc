// SPDX-License-Identifier: Apache-2.0
#include "net/authority.h"

#include "core/error.h"
#include "net/openssl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <functional>

namespace cairn::net {
namespace {

using ::testing::HasSubstr;

const Authority::Time kNow{std::chrono::seconds(1'790'000'000)};
constexpr std::chrono::hours kYear{24 * 365};

CertificatePtr read(std::string_view pem) {
  const BioPtr reader = reader_of(pem);
  return CertificatePtr(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
}

// 0 where the authority's certificate proves the other at the time, for clients or servers; else OpenSSL's code.
int verdict(const Authority& authority, std::string_view pem, int purpose, Authority::Time time) {
  const CertificatePtr root = read(authority.certificate());
  const CertificatePtr leaf = read(pem);
  const StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root.get());
  const StoreContextPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), std::chrono::system_clock::to_time_t(time));
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

std::string text(std::string_view pem) {
  const CertificatePtr certificate = read(pem);
  const BioPtr memory(BIO_new(BIO_s_mem()));
  X509_print(memory.get(), certificate.get());
  return text_of(memory.get());
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class AuthorityTest : public ::testing::Test {
 protected:
  Authority authority_ = Authority::make("fleet", kNow, kYear);
  Secret key_ = make_private_key();
  std::string request_ = make_certificate_request(key_, "what the requester wants");
};

TEST_F(AuthorityTest, SignsWhatTheSpecSaysNotWhatTheRequestSays) {
  const std::string made = authority_.sign_request(
      request_, {.common_name = "m-1", .uris = {"cairn:machine:fleet/m-1"}, .valid = std::chrono::hours(24)}, kNow);
  EXPECT_THAT(text(made), ::testing::AllOf(HasSubstr("Subject: CN=m-1"), HasSubstr("URI:cairn:machine:fleet/m-1"),
                                           ::testing::Not(HasSubstr("requester"))));
  EXPECT_EQ(verdict(authority_, made, X509_PURPOSE_SSL_CLIENT, kNow), X509_V_OK);
  EXPECT_EQ(verdict(authority_, made, X509_PURPOSE_SSL_SERVER, kNow), X509_V_ERR_INVALID_PURPOSE);
  EXPECT_EQ(verdict(authority_, made, X509_PURPOSE_SSL_CLIENT, kNow + std::chrono::hours(25)),
            X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(verdict(Authority::make("fleet", kNow, kYear), made, X509_PURPOSE_SSL_CLIENT, kNow) == X509_V_OK, false);
}

TEST_F(AuthorityTest, MakesServerCertificates) {
  const std::string made = authority_.sign_request(request_,
                                                   {.common_name = "op",
                                                    .dns_names = {"op.example", "a,b"},
                                                    .addresses = {"10.77.0.1", "fd00::1"},
                                                    .for_server = true,
                                                    .valid = kYear},
                                                   kNow);
  const CertificatePtr certificate = read(made);
  EXPECT_EQ(X509_check_host(certificate.get(), "op.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "b", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "fd00::1", 0), 1);
  EXPECT_EQ(verdict(authority_, made, X509_PURPOSE_SSL_SERVER, kNow), X509_V_OK);
}

TEST_F(AuthorityTest, IsTheSameAfterLoading) {
  const Authority loaded = Authority::load(authority_.certificate(), authority_.key());
  EXPECT_EQ(loaded.certificate(), authority_.certificate());
  const std::string made = loaded.sign_request(request_, {.common_name = "m-1", .valid = kYear}, kNow);
  EXPECT_EQ(verdict(authority_, made, X509_PURPOSE_SSL_CLIENT, kNow), X509_V_OK);
  EXPECT_THAT(refusal([&] { Authority::load(authority_.certificate(), key_); }), HasSubstr("certificate and key"));
  EXPECT_THAT(refusal([&] { Authority::load(made, key_); }), HasSubstr("no authority"));
}

TEST_F(AuthorityTest, RefusesBadRequests) {
  const CertificateSpec spec{.common_name = "m-1", .valid = kYear};
  EXPECT_NE(refusal([&] { authority_.sign_request("x", spec, kNow); }), "");
  EXPECT_THAT(refusal([&] { authority_.sign_request(std::string(9000, 'x'), spec, kNow); }), HasSubstr("9000 bytes"));
  EXPECT_THAT(refusal([&] { authority_.sign_request(request_, {.common_name = std::string(65, 'x')}, kNow); }),
              HasSubstr("65 bytes"));
  // Another key under the same signature.
  const BioPtr reader = reader_of(request_);
  const CertificateRequestPtr request(PEM_read_bio_X509_REQ(reader.get(), nullptr, nullptr, nullptr));
  const KeyPtr other(EVP_EC_gen("P-256"));
  X509_REQ_set_pubkey(request.get(), other.get());
  const BioPtr memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(memory.get(), request.get());
  EXPECT_THAT(refusal([&] { authority_.sign_request(text_of(memory.get()), spec, kNow); }), HasSubstr("not signed"));
  const KeyPtr weak(EVP_EC_gen("secp224r1"));
  X509_REQ_set_pubkey(request.get(), weak.get());
  X509_REQ_sign(request.get(), weak.get(), EVP_sha256());
  const BioPtr weak_memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(weak_memory.get(), request.get());
  EXPECT_THAT(refusal([&] { authority_.sign_request(text_of(weak_memory.get()), spec, kNow); }), HasSubstr("P-384"));
}

}  // namespace
}  // namespace cairn::net
