// SPDX-License-Identifier: Apache-2.0
#include "enroll/identity.h"

#include "core/base64.h"
#include "core/digest.h"
#include "enroll/reasons.h"

#include <algorithm>

namespace cairn::enroll {
namespace {

constexpr std::size_t kMaxHeader = 24 << 10;
constexpr std::size_t kMaxPlain = 128;
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kTpm = "TPM";
constexpr std::string_view kPlain = "PLAIN";

}  // namespace

Claim Claim::parse(std::string_view header) {
  if (header.size() > kMaxHeader) throw Error(reason::kBudget, "the authorization has {} bytes", header.size());
  if (!header.starts_with(kBearer)) throw Error(reason::kBadMessage, "the authorization is not of the kind Bearer");
  header.remove_prefix(kBearer.size());
  if (header.starts_with(kTpm)) {
    const auto document = decode_base64(header.substr(kTpm.size()));
    if (!document) throw Error(reason::kBadMessage, "the attestation is not base64");
    return {.attestation = attest::AttestationData::parse(*document), .plain = {}};
  }
  if (!header.starts_with(kPlain)) throw Error(reason::kBadMessage, "the authorization is neither TPM nor PLAIN");
  const std::string_view plain = header.substr(kPlain.size());
  const bool printable = std::all_of(plain.begin(), plain.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (plain.empty() || plain.size() > kMaxPlain || !printable)
    throw Error(reason::kBadMessage, "the plain identity is empty, too long or no text");
  return {.attestation = std::nullopt, .plain = std::string(plain)};
}

std::string Claim::hash() const {
  return attestation ? attestation->endorsement_key.hash() : std::string(sha256(as_bytes(plain)).hex());
}

std::string claim_header(const attest::AttestationData& attestation) {
  return std::string(kBearer) + std::string(kTpm) + encode_base64(attestation.to_json());
}

}  // namespace cairn::enroll
