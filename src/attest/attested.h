// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::attest {

// What a TPM signs: TPMS_ATTEST of the types creation and quote (TPM 2.0 part 2, 10.12.12).
struct Attested {
  std::string extra_data;           // what the asker gave, a nonce
  std::uint64_t clock = 0;          // milliseconds that the TPM ran
  std::uint32_t reset_count = 0;    // times it was started
  std::uint32_t restart_count = 0;  // times it was resumed
  bool clock_safe = false;          // the clock never stood higher than now
  std::uint64_t firmware = 0;

  struct Creation;
  struct Quoted;
};

struct Attested::Creation {
  Attested about;
  std::string object_name;
  std::string creation_hash;

  // Throws reason::kBadStructure, also for what no TPM made (the magic); so does Quoted::parse.
  static Creation parse(std::string_view bytes);
};

struct Attested::Quoted {
  struct Selection {
    std::uint16_t hash = 0;      // TPM_ALG_ID of the bank
    std::vector<unsigned> pcrs;  // in rising order
    friend bool operator==(const Selection&, const Selection&) = default;
  };
  Attested about;
  std::vector<Selection> selections;
  std::string pcr_digest;

  static Quoted parse(std::string_view bytes);
};

// The bytes of an RSASSA signature with SHA-256 (TPMT_SIGNATURE). Throws kBadStructure, kUnsupportedKey.
std::string parse_signature(std::string_view bytes);

}  // namespace cairn::attest
