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

}  // namespace cairn::tool
