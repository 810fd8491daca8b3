// SPDX-License-Identifier: Apache-2.0
#include "tool/systemctl.h"

#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>

namespace cairn::tool {

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

void reboot(Runner& runner) {
  runner.run({.program = "systemctl", .args = {"reboot"}, .timeout = std::chrono::seconds(60)});
}

}  // namespace cairn::tool
