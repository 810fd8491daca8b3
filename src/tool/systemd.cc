// SPDX-License-Identifier: Apache-2.0
#include "tool/systemd.h"

#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>

namespace cairn::tool {
namespace {

// Lines of a list of systemctl in columns, each with at least `needed`.
std::vector<std::vector<std::string>> rows_of(const std::string& list, std::size_t needed) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : split(list, '\n')) {
    if (trim(line).empty()) continue;
    std::vector<std::string> columns = split(line, ' ');
    std::erase(columns, "");
    if (columns.size() < needed) {
      throw Error(reason::kToolFailed, "systemctl listed \"{}\", which names no unit", printable(line));
    }
    rows.push_back(std::move(columns));
  }
  return rows;
}

}  // namespace

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
  // UNIT LOAD ACTIVE SUB DESCRIPTION
  for (const auto& columns : rows_of(list, 4)) units.push_back({columns[0], columns[3]});
  std::sort(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return units;
}

std::vector<std::string> get_starting_units(Runner& runner, milliseconds timeout, const std::stop_token& stop) {
  return parse_jobs(runner
                        .run({.program = "systemctl",
                              .args = {"list-jobs", "--plain", "--full", "--no-legend", "--no-pager"},
                              .environment = {{"LC_ALL", "C"}},
                              .timeout = timeout,
                              .stop = stop})
                        .output);
}

std::vector<std::string> parse_jobs(const std::string& list) {
  std::vector<std::string> units;
  // JOB UNIT TYPE STATE
  for (const auto& columns : rows_of(list, 4)) {
    if (columns[2] == "start" && columns[3] == "running") units.push_back(columns[1]);
  }
  std::sort(units.begin(), units.end());
  return units;
}

void shut_down(Shutdown how, Runner& runner) {
  runner.run({.program = "systemctl",
              .args = {"--no-block", how == Shutdown::reboot ? "reboot" : "poweroff"},
              .timeout = std::chrono::seconds(60)});
}

}  // namespace cairn::tool
