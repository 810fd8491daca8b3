// SPDX-License-Identifier: Apache-2.0
#include "attest/attestation.h"

#include "attest/attested.h"
#include "attest/crypto.h"
#include "attest/reasons.h"
#include "attest/tpm_constants.h"
#include "core/base64.h"
#include "core/json.h"
#include "core/reasons.h"

namespace cairn::attest {
namespace {

constexpr std::size_t kMaxAttestationBytes = 16 << 10;
constexpr std::size_t kMaxChallengeBytes = 4 << 10;
constexpr std::size_t kMinNonceBytes = 16;

std::string bytes_of(const JsonCursor& value) {
  const auto bytes = decode_base64(value.text());
  if (!bytes) throw value.error("is not base64");
  return *bytes;
}

// `read` gets the cursor of a bounded document; malformed JSON is a malformed attestation.
template <class Read>
auto read_document(std::string_view json_text, std::size_t max, std::string_view what, Read&& read) {
  if (json_text.size() > max)
    throw Error(reason::kBadAttestation, "{} has {} bytes; {} are allowed", what, json_text.size(), max);
  const json::value document = [&] {
    try {
      return parse_json(json_text, what);
    } catch (const Error& error) {  // recovers nothing: gives the failure the reason that a machine's owner looks up
      throw Error(reason::kBadAttestation, "{}", error.what());
    }
  }();
  return read(JsonCursor(document, what, reason::kBadAttestation));
}

json::value base64(std::string_view bytes) { return json::value(encode_base64(bytes)); }

void require(bool holds, std::string_view problem) {
  if (!holds) throw Error(reason::kUnprovenKey, "the attestation key {}", problem);
}

}  // namespace

ProvenAk verify_ak(const AkParameters& parameters) {
  const PublicArea area = PublicArea::parse(parameters.public_area);
  const RsaKey key = area.key();
  const auto has = [&](std::uint32_t wanted) { return (area.attributes & wanted) == wanted; };
  require(has(attribute::kFixedTpm) && has(attribute::kFixedParent), "may leave its TPM");
  require(has(attribute::kSensitiveDataOrigin), "was not made by its TPM");
  require(has(attribute::kRestricted) && has(attribute::kSign), "signs what is not its TPM's own");
  require(!has(attribute::kDecrypt), "is not for signing only");
  require(area.scheme == alg::kRsassa, "does not sign by RSASSA");
  const auto creation = Attested::Creation::parse(parameters.create_attestation);
  require(creation.object_name == area.name(), "is not the one that the attestation names");
  require(creation.creation_hash == sha256_bytes(parameters.creation_data),
          "has other creation data than it was attested with");
  require(key.verifies(parameters.create_attestation, parse_signature(parameters.create_signature)),
          "did not sign its attestation");
  return ProvenAk(area.name(), key);
}

AttestationData AttestationData::parse(std::string_view text) {
  return read_document(text, kMaxAttestationBytes, "the attestation", [](const JsonCursor& root) {
    const JsonCursor ak = root.at("AK");
    if (const auto tcsd = ak.find("UseTCSDActivationFormat"); tcsd && tcsd->boolean())
      throw tcsd->error("asks for a TPM 1.2 form");
    return AttestationData{.endorsement_key = EndorsementKey::parse_pem(bytes_of(root.at("EK"))),
                           .attestation_key = {.public_area = bytes_of(ak.at("Public")),
                                               .creation_data = bytes_of(ak.at("CreateData")),
                                               .create_attestation = bytes_of(ak.at("CreateAttestation")),
                                               .create_signature = bytes_of(ak.at("CreateSignature"))}};
  });
}

std::string AttestationData::to_json() const {
  return to_text(json::object{{"EK", base64(endorsement_key.to_pem())},
                              {"AK", json::object{{"Public", base64(attestation_key.public_area)},
                                                  {"UseTCSDActivationFormat", false},
                                                  {"CreateData", base64(attestation_key.creation_data)},
                                                  {"CreateAttestation", base64(attestation_key.create_attestation)},
                                                  {"CreateSignature", base64(attestation_key.create_signature)}}}});
}

Credential parse_challenge(std::string_view text) {
  return read_document(text, kMaxChallengeBytes, "the challenge", [](const JsonCursor& root) {
    const JsonCursor credential = root.at("EC");
    return Credential{.id_object = bytes_of(credential.at("Credential")),
                      .encrypted_secret = bytes_of(credential.at("Secret"))};
  });
}

std::string challenge_json(const Credential& credential) {
  return to_text(json::object{{"EC", json::object{{"Credential", base64(credential.id_object)},
                                                  {"Secret", base64(credential.encrypted_secret)}}}});
}

std::string parse_challenge_answer(std::string_view text) {
  return read_document(text, kMaxChallengeBytes, "the answer to the challenge",
                       [](const JsonCursor& root) { return bytes_of(root.at("Secret")); });
}

std::string challenge_answer_json(std::string_view secret) { return to_text(json::object{{"Secret", base64(secret)}}); }

QuotedState verify_quote(const RsaKey& key, const Quote& quote, std::string_view nonce,
                         const std::vector<unsigned>& pcrs) {
  if (nonce.size() < kMinNonceBytes || pcrs.empty())
    throw Error(cairn::reason::kInternal, "a quote was asked for with {} bytes of nonce about {} PCRs", nonce.size(),
                pcrs.size());
  const auto quoted = Attested::Quoted::parse(quote.attested);
  if (!key.verifies(quote.attested, parse_signature(quote.signature)))
    throw Error(reason::kBadQuote, "the quote is not signed by the machine's attestation key");
  if (!equal_secrets(quoted.about.extra_data, nonce))
    throw Error(reason::kBadQuote, "the quote answers another question than this one");
  if (quoted.selections != std::vector<Attested::Quoted::Selection>{{.hash = alg::kSha256, .pcrs = pcrs}})
    throw Error(reason::kBadQuote, "the quote is about other PCRs than asked for");
  return {.pcr_digest = quoted.pcr_digest,
          .clock = quoted.about.clock,
          .reset_count = quoted.about.reset_count,
          .restart_count = quoted.about.restart_count,
          .clock_safe = quoted.about.clock_safe};
}

}  // namespace cairn::attest
