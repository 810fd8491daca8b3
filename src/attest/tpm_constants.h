// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// The numbers of TCG TPM 2.0 Library part 2 that we use.
namespace cairn::attest {

namespace alg {
inline constexpr std::uint16_t kRsa = 0x0001;
inline constexpr std::uint16_t kAes = 0x0006;
inline constexpr std::uint16_t kSha256 = 0x000b;
inline constexpr std::uint16_t kNull = 0x0010;
inline constexpr std::uint16_t kRsassa = 0x0014;
inline constexpr std::uint16_t kRsaes = 0x0015;
inline constexpr std::uint16_t kCfb = 0x0043;
}  // namespace alg

namespace attribute {
inline constexpr std::uint32_t kFixedTpm = 1U << 1;
inline constexpr std::uint32_t kFixedParent = 1U << 4;
inline constexpr std::uint32_t kSensitiveDataOrigin = 1U << 5;
inline constexpr std::uint32_t kUserWithAuth = 1U << 6;
inline constexpr std::uint32_t kAdminWithPolicy = 1U << 7;
inline constexpr std::uint32_t kNoDa = 1U << 10;
inline constexpr std::uint32_t kRestricted = 1U << 16;
inline constexpr std::uint32_t kDecrypt = 1U << 17;
inline constexpr std::uint32_t kSign = 1U << 18;
}  // namespace attribute

namespace tag {
inline constexpr std::uint16_t kNoSessions = 0x8001;
inline constexpr std::uint16_t kSessions = 0x8002;
inline constexpr std::uint16_t kAttestQuote = 0x8018;
inline constexpr std::uint16_t kAttestCreation = 0x801a;
inline constexpr std::uint16_t kCreation = 0x8021;
}  // namespace tag

namespace handle {
inline constexpr std::uint32_t kNull = 0x40000007;
inline constexpr std::uint32_t kPassword = 0x40000009;
inline constexpr std::uint32_t kEndorsement = 0x4000000b;
// Places that the TCG EK Credential Profile gives.
inline constexpr std::uint32_t kEkCertificate = 0x01c00002;
inline constexpr std::uint32_t kEkNonce = 0x01c00003;
inline constexpr std::uint32_t kPersistentEk = 0x81010001;
}  // namespace handle

// Magic of what a TPM signs about itself.
inline constexpr std::uint32_t kGenerated = 0xff544347;

}  // namespace cairn::attest
