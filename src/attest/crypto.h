// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::attest {

// The 32 bytes themselves, as TPM structures have them.
std::string sha256_bytes(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
// KDFa of TPM 2.0 part 1, 11.4.10.2, for up to 256 bits: HMAC in counter mode. `label` is without its closing 0.
std::string kdfa_sha256(std::string_view key, std::string_view label, std::string_view context_u, std::uint32_t bits);
// Cryptographically random.
std::string random_bytes(std::size_t count);
// Compares in a time that does not depend on where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace cairn::attest
