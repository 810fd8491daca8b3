// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/reset_request.h"
#include "core/clock.h"
#include "core/progress.h"
#include "node/hooks.h"
#include "node/machine.h"
#include "node/system_transactions.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::node {

struct ResetSpec {
  boot::ResetRequest request = {};
  std::vector<std::filesystem::path> cloud_configs = {};  // go to OEM as 90_custom.yaml, 91_custom.yaml, ...
};

// From the installed system: recovery starts next, once, and does the reset that is asked for here. The request lies in
// OEM until it is done. Cloud-config can't be asked for. Throws boot::reason::kNoRecovery.
void request_reset(const boot::ResetRequest& request, const Machine& machine, Effects& effects,
                   const MachinePaths& paths = {});
// The reset that was asked for, if recovery runs. What is left of a request that is void (recovery did not start when
// it was to, or power was cut at the wrong moment) is removed; `tell` says so.
std::optional<boot::ResetRequest> take_reset_request(const Machine& machine, Effects& effects,
                                                     const std::function<void(const std::string&)>& tell,
                                                     const MachinePaths& paths = {});

// In recovery: makes STATE anew, and PERSISTENT as `spec` says, and writes the recovery's own system as the first
// snapshot. Works however damaged STATE is. Throws reason::kNotRecovery elsewhere.
void reset(const ResetSpec& spec, const Machine& machine, std::string_view version, Effects& effects, Clock& clock,
           Progress& progress, const std::stop_token& stop, const Hooks& hooks = {}, const MachinePaths& paths = {});

}  // namespace cairn::node
