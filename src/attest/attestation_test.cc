// SPDX-License-Identifier: Apache-2.0
// Against documents recorded from a software TPM (tests/data/attestation; tpm2-tools agreed with its key names).
#include "attest/attestation.h"

#include "attest/public_area.h"
#include "attest/reasons.h"
#include "attest/tpm_constants.h"
#include "core/base64.h"
#include "core/file.h"
#include "core/json.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace cairn::attest {
namespace {

const std::string kFolder = CAIRN_TEST_DATA "/attestation/";
const std::vector<unsigned> kPcrs = {0, 7, 16};

std::string document() { return read_file(kFolder + "attestation.json", 64 << 10); }

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string_view refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.reason().code;
  }
  return "";
}

TEST(Attestation, KnowsTheRecordedMachine) {
  const auto data = AttestationData::parse(document());
  EXPECT_TRUE(data.endorsement_key.has_certificate());
  EXPECT_EQ(data.endorsement_key.hash(), "b44457d243c64ba00e22c02c7d4dbafb2aa62984ac6a162f8a09a897722ee9cf");
  EXPECT_EQ(hex(verify_ak(data.attestation_key).name()),
            "000bcb5cb0926952a8fe6ec63a06ffda083ee07bcc9b9f7e31b7018015cf1c48c786");
  EXPECT_EQ(AttestationData::parse(data.to_json()).to_json(), data.to_json());
}

TEST(Attestation, HasTheSameHashWithoutTheCertificate) {
  const auto key = AttestationData::parse(document()).endorsement_key;
  const auto bare = EndorsementKey::parse_pem(key.key().pem());
  EXPECT_FALSE(bare.has_certificate());
  EXPECT_EQ(bare.hash(), key.hash());
}

TEST(Attestation, RefusesMalformedDocuments) {
  const std::string good = document();
  EXPECT_EQ(refusal([] { AttestationData::parse("{"); }), reason::kBadAttestation.code);
  EXPECT_EQ(refusal([] { AttestationData::parse("[]"); }), reason::kBadAttestation.code);
  EXPECT_EQ(refusal([&] { AttestationData::parse(good + std::string(16 << 10, ' ')); }), reason::kBadAttestation.code);
  json::value changed = parse_json(good, "x");
  changed.at("EK") = encode_base64("no PEM");
  EXPECT_EQ(refusal([&] { AttestationData::parse(to_text(changed)); }), reason::kBadEk.code);
  changed.at("EK") = "?";
  EXPECT_EQ(refusal([&] { AttestationData::parse(to_text(changed)); }), reason::kBadAttestation.code);
}

// No bit of what was signed, of the key or of the signature may change.
TEST(Attestation, RefusesEveryChangedByte) {
  const AkParameters good = AttestationData::parse(document()).attestation_key;
  for (std::string AkParameters::*part : {&AkParameters::public_area, &AkParameters::creation_data,
                                          &AkParameters::create_attestation, &AkParameters::create_signature}) {
    for (std::size_t i = 0; i < (good.*part).size(); ++i) {
      AkParameters changed = good;
      (changed.*part)[i] = static_cast<char>((changed.*part)[i] ^ 1);
      EXPECT_NE(refusal([&] { verify_ak(changed); }), "") << "byte " << i;
      changed.*part = (good.*part).substr(0, i);
      EXPECT_NE(refusal([&] { verify_ak(changed); }), "") << "cut at " << i;
    }
  }
}

TEST(Attestation, RefusesKeysThatAreNoAttestationKeys) {
  const AkParameters good = AttestationData::parse(document()).attestation_key;
  for (const std::uint32_t bit : {attribute::kFixedTpm, attribute::kFixedParent, attribute::kSensitiveDataOrigin,
                                  attribute::kRestricted, attribute::kSign, attribute::kDecrypt}) {
    AkParameters changed = good;
    PublicArea area = PublicArea::parse(good.public_area);
    area.attributes ^= bit;
    changed.public_area = area.to_bytes();
    try {
      verify_ak(changed);
      FAIL() << bit;
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kUnprovenKey.code);
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("is not the one"))) << "refused by the name alone";
    }
  }
}

TEST(Attestation, ChallengesAreReadAsWritten) {
  const auto data = AttestationData::parse(document());
  const auto made =
      make_credential(data.endorsement_key.key(), verify_ak(data.attestation_key).name(), std::string(32, 's'));
  // Sizes of TPM2B_ID_OBJECT and of TPM2B_ENCRYPTED_SECRET, each with its length in front.
  EXPECT_EQ(made.id_object.size(), 2U + 2 + 32 + 2 + 32);
  EXPECT_EQ(made.encrypted_secret.size(), 2U + 256);
  const auto again = parse_challenge(challenge_json(made));
  EXPECT_EQ(again.id_object, made.id_object);
  EXPECT_EQ(again.encrypted_secret, made.encrypted_secret);
  // Go's encoder ends documents with a line feed.
  EXPECT_EQ(parse_challenge_answer(challenge_answer_json("secret") + "\n"), "secret");
  EXPECT_EQ(refusal([] { parse_challenge_answer("{}"); }), reason::kBadAttestation.code);
  EXPECT_EQ(refusal([] { parse_challenge(R"({"EC":null})"); }), reason::kBadAttestation.code);
}

class QuoteTest : public ::testing::Test {
 protected:
  QuoteTest() {
    for (int byte = 100; byte < 120; ++byte) nonce_ += static_cast<char>(byte);
  }
  std::string_view refusal_of(const Quote& quote, const std::string& nonce, const std::vector<unsigned>& pcrs) {
    return refusal([&] { verify_quote(key_, quote, nonce, pcrs); });
  }

  RsaKey key_ = verify_ak(AttestationData::parse(document()).attestation_key).key();
  Quote quote_{read_file(kFolder + "quote.attested", 4096), read_file(kFolder + "quote.signature", 4096)};
  std::string nonce_;
};

TEST_F(QuoteTest, IsBelievedAsRecorded) {
  EXPECT_EQ(hex(verify_quote(key_, quote_, nonce_, kPcrs).pcr_digest),
            "2ea9ab9198d1638007400cd2c3bef1cc745b864b76011a0e1bc52180ac6452d4");
}

TEST_F(QuoteTest, IsRefusedForOtherQuestions) {
  EXPECT_EQ(refusal_of(quote_, nonce_ + "x", kPcrs), reason::kBadQuote.code);
  EXPECT_EQ(refusal_of(quote_, nonce_, {0, 7}), reason::kBadQuote.code);
  EXPECT_EQ(refusal_of(quote_, nonce_, {}), "CRN-INT-001");
  EXPECT_EQ(refusal_of(quote_, "", kPcrs), "CRN-INT-001");
}

TEST_F(QuoteTest, IsRefusedWithAnyByteChanged) {
  for (std::size_t i = 0; i < quote_.attested.size(); ++i) {
    Quote changed = quote_;
    changed.attested[i] = static_cast<char>(changed.attested[i] ^ 0x40);
    EXPECT_NE(refusal_of(changed, nonce_, kPcrs), "") << i;
  }
}

}  // namespace
}  // namespace cairn::attest
