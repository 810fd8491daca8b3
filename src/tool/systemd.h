// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <map>
#include <string>
#include <vector>

namespace cairn::tool {

// `systemctl VERB UNIT`, for enable, disable, mask, start and daemon-reload (without a unit); as any command, run it by
// in_root() for another root.
Command systemctl(std::string verb, std::vector<std::string> units = {});

// systemd-firstboot(1): each setting an option of it; the value "true" is an option without a value, "false" none.
Command systemd_firstboot(const std::map<std::string, std::string>& settings);

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

// Units whose start has begun and has not ended. Throws as get_troubled_units() does.
std::vector<std::string> get_starting_units(Runner& runner, milliseconds timeout, const std::stop_token& stop);

// The same, out of what systemctl printed.
std::vector<std::string> parse_jobs(const std::string& list);

// Asks systemd to end the machine in order; comes back before it does, so that who waits for us is not waited for.
enum class Shutdown { reboot, poweroff };
void shut_down(Shutdown how, Runner& runner);

}  // namespace cairn::tool
