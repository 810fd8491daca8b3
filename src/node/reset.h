// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/progress.h"
#include "node/hooks.h"
#include "node/machine.h"
#include "node/system_transactions.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::node {

struct ResetSpec {
  bool persistent = true;                                 // wipe the machine's data, too
  bool oem = false;                                       // wipe its configuration, too
  bool boot_entry = true;                                 // in the firmware's menu, under UEFI
  std::vector<std::filesystem::path> cloud_configs = {};  // go to OEM as 90_custom.yaml, 91_custom.yaml, ...
  unsigned tries = 3;                                     // starts of the new system before the loader gives it up
};

// From the installed system: recovery starts next, once, and does the reset that is asked for here. The request lies in
// OEM until it is done. Cloud-config can't be asked for. Throws boot::reason::kNoRecovery.
void request_reset(const ResetSpec& spec, const Machine& machine, Effects& effects, const MachinePaths& paths = {});
// The request that waits, if there is one; a damaged one asks for the usual reset.
std::optional<ResetSpec> find_reset_request(const MachinePaths& paths = {});

// In recovery: makes STATE anew, and PERSISTENT as `spec` says, and writes the recovery's own system as the first
// snapshot. Works however damaged STATE is. Throws reason::kNotRecovery elsewhere.
void reset(const ResetSpec& spec, const Machine& machine, std::string_view version, Effects& effects, Clock& clock,
           Progress& progress, const std::stop_token& stop, const Hooks& hooks = {}, const MachinePaths& paths = {});

}  // namespace cairn::node
