// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <string>
#include <vector>

namespace cairn::tool {

// A unit of systemd that does not do what it should.
struct TroubledUnit {
  std::string name;   // "sshd.service"
  std::string state;  // "failed", or "auto-restart": it ended and is started again and again
};

// Units that failed or are being started again, by name. Throws as Runner does, and reason::kToolFailed for a list that
// systemd can't have written.
std::vector<TroubledUnit> get_troubled_units(Runner& runner, milliseconds timeout, const std::stop_token& stop);

// The same, out of what systemctl printed.
std::vector<TroubledUnit> parse_units(const std::string& list);

// Asks systemd to restart the machine in order; comes back before it does.
void reboot(Runner& runner);

}  // namespace cairn::tool
