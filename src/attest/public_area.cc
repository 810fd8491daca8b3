// SPDX-License-Identifier: Apache-2.0
#include "attest/public_area.h"

#include "attest/crypto.h"
#include "attest/reasons.h"
#include "attest/tpm_codec.h"
#include "attest/tpm_constants.h"

namespace cairn::attest {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kMaxModulusBytes = 512;
constexpr std::uint16_t kAesBits = 128;

// PolicySecret of the endorsement hierarchy, as the profile prints it.
constexpr unsigned char kEkPolicy[kDigestBytes] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                                   0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                                   0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

bool read_symmetric(TpmReader& reader) {
  const auto cipher = reader.number<std::uint16_t>();
  if (cipher == alg::kNull) return false;
  const auto bits = reader.number<std::uint16_t>();
  const auto mode = reader.number<std::uint16_t>();
  if (cipher != alg::kAes || bits != kAesBits || mode != alg::kCfb)
    throw Error(reason::kUnsupportedKey, "the symmetric cipher {:#06x} of the key is not AES-128-CFB", cipher);
  return true;
}

std::uint16_t read_scheme(TpmReader& reader) {
  const auto scheme = reader.number<std::uint16_t>();
  if (scheme == alg::kNull || scheme == alg::kRsaes) return scheme;
  const auto hash = reader.number<std::uint16_t>();
  if (hash != alg::kSha256)
    throw Error(reason::kUnsupportedKey, "the key signs with the hash {:#06x}, not with SHA-256", hash);
  return scheme;
}

}  // namespace

PublicArea PublicArea::parse(std::string_view bytes) {
  TpmReader reader(bytes, "the public area");
  const auto type = reader.number<std::uint16_t>();
  if (type != alg::kRsa) throw Error(reason::kUnsupportedKey, "a key of type {:#06x} is not an RSA key", type);
  const auto hash = reader.number<std::uint16_t>();
  if (hash != alg::kSha256)
    throw Error(reason::kUnsupportedKey, "the key is named by the hash {:#06x}, not by SHA-256", hash);
  PublicArea area;
  area.attributes = reader.number<std::uint32_t>();
  area.policy = reader.sized(kDigestBytes);
  area.aes_cfb = read_symmetric(reader);
  area.scheme = read_scheme(reader);
  area.bits = reader.number<std::uint16_t>();
  // 0 stands for 65537.
  if (const auto exponent = reader.number<std::uint32_t>(); exponent != 0)
    throw Error(reason::kUnsupportedKey, "the key has the exponent {}, not 65537", exponent);
  area.unique = reader.sized(kMaxModulusBytes);
  reader.finish();
  return area;
}

std::string PublicArea::to_bytes() const {
  TpmWriter writer;
  writer.number(alg::kRsa).number(alg::kSha256).number(attributes).sized(policy);
  if (aes_cfb) {
    writer.number(alg::kAes).number(kAesBits).number(alg::kCfb);
  } else {
    writer.number(alg::kNull);
  }
  writer.number(scheme);
  if (scheme != alg::kNull && scheme != alg::kRsaes) writer.number(alg::kSha256);
  return writer.number(bits).number(std::uint32_t{0}).sized(unique).bytes();
}

std::string PublicArea::name() const { return TpmWriter().number(alg::kSha256).raw(sha256_bytes(to_bytes())).bytes(); }

RsaKey PublicArea::key() const {
  if (unique.size() * 8 != bits)
    throw Error(reason::kBadStructure, "a key of {} bits has a modulus of {} bytes", bits, unique.size());
  return RsaKey::from_modulus(unique);
}

PublicArea ek_template(std::string_view nonce) {
  PublicArea area;
  area.attributes = attribute::kFixedTpm | attribute::kFixedParent | attribute::kSensitiveDataOrigin |
                    attribute::kAdminWithPolicy | attribute::kRestricted | attribute::kDecrypt;
  area.policy.assign(reinterpret_cast<const char*>(kEkPolicy), sizeof kEkPolicy);
  area.aes_cfb = true;
  area.unique.assign(256, '\0');
  if (nonce.size() > area.unique.size())
    throw Error(reason::kBadEk, "the nonce of the endorsement key has {} bytes", nonce.size());
  area.unique.replace(0, nonce.size(), nonce);
  return area;
}

PublicArea ak_template() {
  PublicArea area;
  area.attributes = attribute::kFixedTpm | attribute::kFixedParent | attribute::kSensitiveDataOrigin |
                    attribute::kUserWithAuth | attribute::kNoDa | attribute::kRestricted | attribute::kSign;
  area.scheme = alg::kRsassa;
  return area;
}

}  // namespace cairn::attest
