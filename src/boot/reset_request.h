// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cairn::boot {

// What recovery is to do when it starts (docs/formats/reset.md).
struct ResetRequest {
  bool persistent = true;  // wipe the machine's data, too
  bool oem = false;        // wipe its configuration, too
  bool boot_entry = true;  // put one into the firmware's menu, under UEFI
  unsigned tries = 3;      // starts of the new system before the loader gives it up
};

// Its file at the top of the OEM partition.
inline constexpr std::string_view kResetRequestFile = "cairn-reset.json";

std::string compose(const ResetRequest& request);
// Throws cairn::reason::kBadJson; `name` stands for the document in errors.
ResetRequest parse_reset_request(std::string_view text, std::string_view name);

}  // namespace cairn::boot
