// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <string>
#include <vector>

namespace cairn::stage {

class Root;

// What is known about the machine and the system below a root before a stage runs.
struct Facts {
  std::string hostname;                    // of the running kernel
  std::vector<std::string> architectures;  // by all names that people use: "amd64", "x86_64"
  std::vector<std::string> systems;        // ID, ID_LIKE, NAME and PRETTY_NAME of os-release
  std::string system_version;              // VERSION_ID
  std::string service_manager;             // "systemd", "openrc" or "unknown"
  std::string mode;                        // how it was booted: "live", "netboot", ...; empty = not by Cairn
  json::value template_data;               // what templates see
};

// Reads /etc/os-release and the like beneath `root`, /proc and /sys of the machine. What can't be read is absent.
Facts gather_facts(const Root& root);

}  // namespace cairn::stage
