// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/process.h"
#include "node/health_config.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::node {

enum class CheckOutcome {
  passed,
  failed,
  timed_out,
  not_run,  // the time of the whole was over; counts as failed
};
std::string_view to_string(CheckOutcome outcome);

struct CheckResult {
  std::string name;  // "builtin/units", or the path of the program
  CheckOutcome outcome = CheckOutcome::not_run;
  unsigned attempts = 0;
  milliseconds duration{0};
  std::string why;     // unless passed
  std::string output;  // the last of what it printed, at most kMaxCheckOutput bytes
};

inline constexpr std::size_t kMaxCheckOutput = 4096;

// A folder with check programs, and with which words these are called.
struct CheckFolder {
  std::filesystem::path path;
  std::vector<std::string> arguments = {};
};

// What there is to look at; tests give other places.
struct HealthSpec {
  std::filesystem::path config = "/etc/cairn/health.yaml";
  // A program of a later folder takes the place of one with the same name in an earlier one.
  std::vector<CheckFolder> folders = {{"/usr/lib/cairn/health.d"},
                                      {"/etc/cairn/health.d"},
                                      {"/oem/health.d"},
                                      {"/usr/libexec/elemental-checker", {"check"}}};
  std::filesystem::path state = {};  // mount points; empty = not mounted here, so not looked at
  std::filesystem::path persistent = {};
  bool overdue = false;            // the start took too long: what still starts has failed
  std::string image_created = {};  // RFC 3339; empty = not known
};

struct HealthTools {
  Runner& runner;
  Clock& clock;
  std::function<void(const CheckResult&)> tell;  // as each check ends
  std::stop_token stop = {};
};

struct HealthReport {
  std::vector<CheckResult> checks;  // in the order they ran
  milliseconds duration{0};

  bool healthy() const;
  // "2 of 7 checks failed: builtin/units (sshd.service failed), ..."; empty if healthy.
  std::string why() const;
};

// Runs the built-in checks and then the programs, by name, each until it passes or has no attempt left. A failure is a
// result: throws only reason::kCanceled. A health.yaml that can't be read is a failed check, too, as it came with the
// system that is judged.
HealthReport run_health_checks(const HealthSpec& spec, const HealthTools& tools);

// The programs that would run, in order of their names.
struct CheckProgram {
  std::filesystem::path path;
  std::vector<std::string> arguments;
};
std::vector<CheckProgram> find_check_programs(const std::vector<CheckFolder>& folders);

}  // namespace cairn::node
