// SPDX-License-Identifier: Apache-2.0
#include "tool/systemd.h"

namespace cairn::tool {

Command systemctl(std::string verb, std::vector<std::string> units) {
  Command command{.program = "systemctl", .args = {std::move(verb)}};
  if (!units.empty()) {
    command.args.emplace_back("--");
    command.args.insert(command.args.end(), units.begin(), units.end());
  }
  return command;
}

Command systemd_firstboot(const std::map<std::string, std::string>& settings) {
  Command command{.program = "systemd-firstboot", .args = {}};
  for (const auto& [key, value] : settings) {
    if (value == "false") continue;
    command.args.push_back(value == "true" ? "--" + key : "--" + key + "=" + value);
  }
  return command;
}

}  // namespace cairn::tool
