// SPDX-License-Identifier: Apache-2.0
#include "tool/systemd.h"

#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>

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

std::vector<TroubledUnit> get_troubled_units(Runner& runner, milliseconds timeout, const std::stop_token& stop) {
  return parse_units(runner
                         .run({.program = "systemctl",
                               .args = {"list-units", "--all", "--state=failed,auto-restart", "--plain", "--full",
                                        "--no-legend", "--no-pager"},
                               .environment = {{"LC_ALL", "C"}},
                               .timeout = timeout,
                               .stop = stop})
                         .output);
}

std::vector<TroubledUnit> parse_units(const std::string& list) {
  std::vector<TroubledUnit> units;
  for (const std::string& line : split(list, '\n')) {
    if (trim(line).empty()) continue;
    // UNIT LOAD ACTIVE SUB DESCRIPTION
    std::vector<std::string> columns = split(line, ' ');
    std::erase(columns, "");
    if (columns.size() < 4) {
      throw Error(reason::kToolFailed, "systemctl listed \"{}\", which names no unit", printable(line));
    }
    units.push_back({columns[0], columns[3]});
  }
  std::sort(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return units;
}

void shut_down(Shutdown how, Runner& runner) {
  runner.run({.program = "systemctl",
              .args = {"--no-block", how == Shutdown::reboot ? "reboot" : "poweroff"},
              .timeout = std::chrono::seconds(60)});
}

}  // namespace cairn::tool
