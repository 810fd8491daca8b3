// SPDX-License-Identifier: Apache-2.0
#include "attest/attested.h"

#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "attest/tpm_constants.h"

namespace cairn::attest {
namespace {

constexpr std::size_t kMaxNameBytes = 66;  // SHA-512 and its algorithm
constexpr std::size_t kMaxNonceBytes = 64;
constexpr std::size_t kMaxDigestBytes = 64;
constexpr std::size_t kMaxBanks = 16;
constexpr std::size_t kMaxSelectBytes = 4;
constexpr std::size_t kMaxSignatureBytes = 512;

Attested read_common(TpmReader& reader, std::uint16_t type) {
  if (const auto magic = reader.number<std::uint32_t>(); magic != kGenerated)
    throw Error(reason::kBadStructure, "the attestation starts with {:#010x}: no TPM made it", magic);
  if (const auto found = reader.number<std::uint16_t>(); found != type)
    throw Error(reason::kBadStructure, "the attestation is of type {:#06x}, not {:#06x}", found, type);
  reader.sized(kMaxNameBytes);  // the signer's qualified name, which the signature itself proves
  Attested about;
  about.extra_data = reader.sized(kMaxNonceBytes);
  about.clock = reader.number<std::uint64_t>();
  about.reset_count = reader.number<std::uint32_t>();
  about.restart_count = reader.number<std::uint32_t>();
  about.clock_safe = reader.number<std::uint8_t>() != 0;
  about.firmware = reader.number<std::uint64_t>();
  return about;
}

Attested::Quoted::Selection read_selection(TpmReader& reader) {
  Attested::Quoted::Selection selection;
  selection.hash = reader.number<std::uint16_t>();
  const auto size = reader.number<std::uint8_t>();
  if (size > kMaxSelectBytes) throw Error(reason::kBadStructure, "a PCR selection has {} bytes", size);
  unsigned pcr = 0;
  for (const char byte : reader.raw(size)) {
    for (unsigned bit = 0; bit < 8; ++bit, ++pcr) {
      if ((static_cast<unsigned char>(byte) >> bit & 1) != 0) selection.pcrs.push_back(pcr);
    }
  }
  return selection;
}

}  // namespace

Attested::Creation Attested::Creation::parse(std::string_view bytes) {
  TpmReader reader(bytes, "the attestation of a key's creation");
  Creation creation;
  creation.about = read_common(reader, tag::kAttestCreation);
  creation.object_name = reader.sized(kMaxNameBytes);
  creation.creation_hash = reader.sized(kMaxDigestBytes);
  reader.finish();
  return creation;
}

Attested::Quoted Attested::Quoted::parse(std::string_view bytes) {
  TpmReader reader(bytes, "the quote");
  Quoted quoted;
  quoted.about = read_common(reader, tag::kAttestQuote);
  const auto banks = reader.number<std::uint32_t>();
  if (banks > kMaxBanks) throw Error(reason::kBadStructure, "the quote is about {} banks of PCRs", banks);
  for (std::uint32_t i = 0; i < banks; ++i) quoted.selections.push_back(read_selection(reader));
  quoted.pcr_digest = reader.sized(kMaxDigestBytes);
  reader.finish();
  return quoted;
}

std::string parse_signature(std::string_view bytes) {
  TpmReader reader(bytes, "the signature");
  const auto scheme = reader.number<std::uint16_t>();
  const auto hash = reader.number<std::uint16_t>();
  if (scheme != alg::kRsassa || hash != alg::kSha256)
    throw Error(reason::kUnsupportedKey, "the signature {:#06x} with hash {:#06x} is not RSASSA with SHA-256", scheme,
                hash);
  std::string signature(reader.sized(kMaxSignatureBytes));
  reader.finish();
  return signature;
}

}  // namespace cairn::attest
