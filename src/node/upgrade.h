// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "node/hooks.h"
#include "node/image_system.h"
#include "node/machine.h"

#include <string>

namespace cairn::node {

struct UpgradeSpec {
  bool recovery = false;         // replace the recovery system instead
  bool allow_downgrade = false;  // take an image that is older than the booted one
  bool retry = false;            // take an image that failed here before
  bool force = false;            // write it although it is booted already
  UpgradePolicy policy = {.tries = 3, .passives = 2};
  oci::Platform machine = oci::Platform::host();
};

struct UpgradeResult {
  enum class Outcome { written, nothing_to_do };
  Outcome outcome = Outcome::written;
  snapshot::Number snapshot = 0;  // the new one
};

// Checks that need no write: throws reason::kDowngrade, kOtherMachine.
void check_upgrade(const UpgradeSpec& spec, const BootState& booted, const oci::Image& image);

// Writes the image as a new snapshot that starts next; the caller restarts the machine. `version` is this program's.
UpgradeResult upgrade(const UpgradeSpec& spec, const Machine& machine, ImageSystem& system, std::string_view version,
                      Effects& effects, Clock& clock, const Hooks& hooks = {}, const MachinePaths& paths = {});

}  // namespace cairn::node
