// SPDX-License-Identifier: Apache-2.0
#include "node/health.h"

#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "core/utc.h"

#include <fmt/core.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

// Does `body`; what fails is returned, as the rest of the gate must go on.
template <class Body>
std::string problem_of(std::string_view doing, Body&& body) {
  try {
    body();
    return {};
  } catch (const Error& error) {  // the caller reports it
    if (error.kind() == ErrorKind::canceled) throw;
    log::error("the health gate can't do its work", {{"doing", doing}, {"cause", error.what()}});
    return fmt::format("{}: {}", doing, error.what());
  }
}

void add_problem(std::string& all, const std::string& one) {
  if (!one.empty()) all += (all.empty() ? "" : "; ") + one;
}

class Gate {
 public:
  Gate(const GateSpec& spec, const HealthTools& tools, const WithStores& with_stores)
      : spec_(spec), tools_(tools), with_stores_(with_stores) {}

  GateResult run() {
    if (spec_.subject) adopt();
    result_.report = run_health_checks(spec_.checks, tools_);
    fill_record();
    if (spec_.subject) act();
    add_problem(result_.problem, problem_of("writing the record", [&] { save(); }));
    return std::move(result_);
  }

 private:
  void adopt() {
    // What an earlier gate told of the fallback to this very snapshot stays known.
    try {
      const auto before = find_health_record(spec_.record);
      if (before && before->fallback && before->fallback->to == spec_.subject->booted) {
        result_.record.fallback = before->fallback;
      }
    } catch (const Error& error) {  // it is written anew below
      log::warning("the last health record can't be read", {{"cause", error.what()}});
    }
    if (!spec_.subject->fallback) return;
    add_problem(result_.problem, problem_of("settling the fallback", [&] {
                  with_stores_([&](const GateStores& stores) {
                    const auto fallback = adopt_fallback(*spec_.subject, stores, format_utc(tools_.clock.wall()));
                    if (fallback) result_.record.fallback = fallback;
                  });
                }));
  }

  void fill_record() {
    HealthRecord& record = result_.record;
    add_problem(result_.problem,
                problem_of("telling this boot from others", [&] { record.boot_id = get_boot_id(spec_.boot_id); }));
    record.when = format_utc(tools_.clock.wall());
    record.snapshot = spec_.subject ? spec_.subject->booted : 0;
    record.digest = spec_.digest;
    record.healthy = result_.report.healthy();
    record.why = result_.report.why();
  }

  void act() {
    HealthRecord& record = result_.record;
    const auto apply = [&](const GateStores& stores) {
      // Known before anything can fail: a bad snapshot is to be left even if that can't be written down.
      result_.restart = decide(stores.states.current(), *spec_.subject, record.healthy).act == GateAct::given_up;
      const GateDecision decision = apply_verdict(*spec_.subject, record.healthy, record.why, stores, record.when);
      record.act = decision.act;
      record.act_why = decision.why;
    };
    add_problem(result_.problem, problem_of("acting on the verdict", [&] { with_stores_(apply); }));
  }

  void save() {
    std::error_code failure;
    fs::create_directories(spec_.record.parent_path(), failure);
    if (failure) throw system_error(failure.value(), fmt::format("making {}", spec_.record.parent_path().string()));
    atomic_write(spec_.record, as_bytes(to_pretty_text(to_json(result_.record, result_.report))));
  }

  const GateSpec& spec_;
  const HealthTools& tools_;
  const WithStores& with_stores_;
  GateResult result_;
};

}  // namespace

GateResult run_gate(const GateSpec& spec, const HealthTools& tools, const WithStores& with_stores) {
  return Gate(spec, tools, with_stores).run();
}

std::string to_text(const GateResult& result) {
  const HealthRecord& record = result.record;
  std::string text = fmt::format("verdict: {}{}\n", record.healthy ? "good" : "bad, ", record.why);
  if (!record.act_why.empty()) text += fmt::format("then: {} ({})\n", to_string(record.act), record.act_why);
  if (const auto& fallback = record.fallback) {
    text += fmt::format("fallback: snapshot {} failed and {} took its place: {}\n", fallback->from, fallback->to,
                        printable(fallback->why, 600));
    if (fallback->refused) text += fmt::format("refused: {}\n", printable(fallback->digest));
  }
  if (!result.problem.empty()) text += fmt::format("problem: {}\n", printable(result.problem, 600));
  return text;
}

}  // namespace cairn::node
