// SPDX-License-Identifier: Apache-2.0
#include "node/health_checks.h"

#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"
#include "node/reasons.h"
#include "tool/systemd.h"

#include <fmt/ranges.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <map>
#include <optional>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxConfig = 64 * 1024;
constexpr std::string_view kDeadlineUnit = "cairn-health-deadline.service";

// Keeps the end of what flows by.
class TailSink final : public Sink {
 public:
  void write(Bytes data) override {
    text_.append(as_text(data));
    if (text_.size() > 2 * kMaxCheckOutput) cut();
  }
  std::string take() {
    if (text_.size() > kMaxCheckOutput) cut();
    return std::move(text_);
  }

 private:
  void cut() { text_.erase(0, text_.size() - kMaxCheckOutput); }
  std::string text_;
};

// A check: fails by throwing, within the time it is given; what it prints is kept.
struct Check {
  std::string name;
  std::function<void(milliseconds limit, TailSink& output)> run;
};

// Seconds since 1970 of a date as image configurations have it; nothing if it is none.
std::optional<std::chrono::sys_seconds> parse_date(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

void check_units(const HealthConfig& config, const HealthTools& tools, milliseconds limit) {
  std::string troubled;
  for (const tool::TroubledUnit& unit : tool::get_troubled_units(tools.runner, limit, tools.stop)) {
    if (config.tolerates(unit.name)) continue;
    troubled += fmt::format("{}{} ({})", troubled.empty() ? "" : ", ", printable(unit.name), printable(unit.state));
  }
  if (!troubled.empty()) throw Error(reason::kUnhealthy, "units in trouble: {}", troubled);
}

// `systemctl` also lists the unit that asks.
void check_start(const HealthTools& tools, milliseconds limit) {
  std::vector<std::string> starting = tool::get_starting_units(tools.runner, limit, tools.stop);
  std::erase(starting, kDeadlineUnit);
  if (starting.empty()) return;
  throw Error(reason::kUnhealthy, "the start did not end in time, it waits for {}",
              printable(fmt::format("{}", fmt::join(starting, ", "))));
}

void check_room(const fs::path& mount_point, std::uint64_t needed) {
  struct statvfs facts {};
  if (::statvfs(mount_point.c_str(), &facts) != 0) throw system_error(errno, "looking at " + mount_point.string());
  const std::uint64_t free = facts.f_bavail * facts.f_frsize;
  if (free >= needed) return;
  throw Error(reason::kUnhealthy, "{} has {} left, less than {}", mount_point.string(), human_size(free),
              human_size(needed));
}

// A clock before the birth of the running image is wrong for certain: certificates fail then.
void check_time(const std::string& created, const Clock& clock) {
  const auto born = parse_date(created);
  if (!born || clock.wall() >= *born) return;
  throw Error(reason::kUnhealthy, "the clock says a time before the image was created ({})", printable(created));
}

void run_program(const CheckProgram& program, const HealthTools& tools, milliseconds limit, TailSink& output) {
  tools.runner.run({.program = program.path.string(),
                    .args = program.arguments,
                    .output = &output,
                    .timeout = limit,
                    .stop = tools.stop});
}

std::vector<Check> list_checks(const HealthSpec& spec, const HealthConfig& config, const HealthTools& tools) {
  std::vector<Check> checks;
  if (spec.overdue) {
    checks.push_back({"builtin/start", [&](milliseconds limit, TailSink&) { check_start(tools, limit); }});
  }
  checks.push_back({"builtin/units", [&](milliseconds limit, TailSink&) { check_units(config, tools, limit); }});
  if (!spec.state.empty()) {
    checks.push_back(
        {"builtin/state-room", [&](milliseconds, TailSink&) { check_room(spec.state, config.min_free_state); }});
  }
  if (!spec.persistent.empty()) {
    checks.push_back({"builtin/persistent-room",
                      [&](milliseconds, TailSink&) { check_room(spec.persistent, config.min_free_persistent); }});
  }
  checks.push_back({"builtin/time", [&](milliseconds, TailSink&) { check_time(spec.image_created, tools.clock); }});
  for (CheckProgram& program : find_check_programs(spec.folders)) {
    std::string name = program.path.string();
    checks.push_back({std::move(name), [&tools, program = std::move(program)](milliseconds limit, TailSink& output) {
                        run_program(program, tools, limit, output);
                      }});
  }
  return checks;
}

// Gives each check its attempts, and all together no more than the deadline.
class CheckRun {
 public:
  CheckRun(const HealthConfig& config, const HealthTools& tools)
      : config_(config), tools_(tools), start_(tools.clock.steady()) {}

  CheckResult run(const Check& check) const {
    CheckResult result{.name = check.name};
    const Clock::Steady begin = tools_.clock.steady();
    while (result.outcome != CheckOutcome::passed && result.attempts < config_.attempts) {
      if (result.attempts > 0) tools_.clock.sleep(std::min<milliseconds>(config_.pause, rest()), tools_.stop);
      if (rest() <= milliseconds(0)) break;
      attempt(check, result);
    }
    if (result.attempts == 0) result.why = fmt::format("all checks together took {} s", config_.deadline.count());
    result.duration = std::chrono::duration_cast<milliseconds>(tools_.clock.steady() - begin);
    return result;
  }

  milliseconds elapsed() const { return std::chrono::duration_cast<milliseconds>(tools_.clock.steady() - start_); }

 private:
  milliseconds rest() const { return std::max(milliseconds(0), milliseconds(config_.deadline) - elapsed()); }

  void attempt(const Check& check, CheckResult& result) const {
    ++result.attempts;
    TailSink output;
    try {
      check.run(std::min<milliseconds>(config_.check_deadline, rest()), output);
      result.outcome = CheckOutcome::passed;
      result.why.clear();
    } catch (const Error& error) {  // a failure is a result, unless it is ours
      if (error.kind() == ErrorKind::canceled) throw;
      result.outcome = error.kind() == ErrorKind::timed_out ? CheckOutcome::timed_out : CheckOutcome::failed;
      result.why = error.what();
    }
    result.output = output.take();
  }

  const HealthConfig& config_;
  const HealthTools& tools_;
  Clock::Steady start_;
};

// The configuration, or what is wrong with it.
HealthConfig load_config(const fs::path& path, HealthReport& report) {
  try {
    return parse_health_config(read_file(path, kMaxConfig), path.string());
  } catch (const Error& error) {  // a system with a broken judge is not judged good
    if (error.kind() != ErrorKind::not_found) {
      report.checks.push_back(
          {.name = "builtin/configuration", .outcome = CheckOutcome::failed, .attempts = 1, .why = error.what()});
    }
    return {};
  }
}

}  // namespace

std::string_view to_string(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::passed: return "passed";
    case CheckOutcome::failed: return "failed";
    case CheckOutcome::timed_out: return "timed out";
    case CheckOutcome::not_run: return "not run";
  }
  return "";
}

bool HealthReport::healthy() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const CheckResult& check) { return check.outcome == CheckOutcome::passed; });
}

std::string HealthReport::why() const {
  std::string list;
  std::size_t failed = 0;
  for (const CheckResult& check : checks) {
    if (check.outcome == CheckOutcome::passed) continue;
    ++failed;
    list += fmt::format("{}{} {} ({})", list.empty() ? "" : ", ", printable(check.name), to_string(check.outcome),
                        printable(split(check.why, '\n').front()));
  }
  return failed == 0 ? "" : fmt::format("{} of {} checks failed: {}", failed, checks.size(), list);
}

std::vector<CheckProgram> find_check_programs(const std::vector<CheckFolder>& folders) {
  std::map<std::string, CheckProgram> by_name;
  for (const CheckFolder& folder : folders) {
    std::error_code failure;
    for (fs::directory_iterator it(folder.path, failure), end; !failure && it != end; it.increment(failure)) {
      const std::string name = it->path().filename().string();
      if (!name.starts_with('.')) by_name[name] = {it->path(), folder.arguments};
    }
  }
  std::vector<CheckProgram> programs;
  for (auto& [name, program] : by_name) {
    // Anything else is no check: a README, or a link to /dev/null that takes a check of the image away.
    std::error_code failure;
    if (fs::is_regular_file(program.path, failure) && ::access(program.path.c_str(), X_OK) == 0) {
      programs.push_back(std::move(program));
    }
  }
  return programs;
}

HealthReport run_health_checks(const HealthSpec& spec, const HealthTools& tools) {
  HealthReport report;
  const HealthConfig config = load_config(spec.config, report);
  const CheckRun run(config, tools);
  for (const CheckResult& early : report.checks) tools.tell(early);
  for (const Check& check : list_checks(spec, config, tools)) {
    report.checks.push_back(run.run(check));
    tools.tell(report.checks.back());
  }
  report.duration = run.elapsed();
  return report;
}

}  // namespace cairn::node
