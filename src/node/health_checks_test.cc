// SPDX-License-Identifier: Apache-2.0
#include "node/health_checks.h"

#include "core/reasons.h"
#include "support/fake_clock.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Plays systemctl and the check programs: what each is to do at its n-th call, the last for all later ones.
class FakePrograms final : public Runner {
 public:
  enum class Act { pass, fail, hang };
  explicit FakePrograms(testing::FakeClock& clock) : clock_(clock) {}

  ExecResult run(const Command& command) override {
    commands.push_back(command);
    if (command.program == "systemctl") {
      return {.output = command.args.front() == "list-jobs" ? jobs : units, .error_lines = ""};
    }
    const std::string name = fs::path(command.program).filename().string();
    std::vector<Act>& acts = scripts[name];
    const Act act = acts.empty() ? Act::pass : acts.front();
    if (acts.size() > 1) acts.erase(acts.begin());
    if (command.output != nullptr) command.output->write(as_bytes(printed));
    if (act == Act::fail) throw Error(cairn::reason::kToolFailed, "{} ended with status 1", name);
    if (act == Act::hang) {
      clock_.advance(*command.timeout);
      throw Error(cairn::reason::kTimedOut, "{} did not end", name);
    }
    return {};
  }

  std::map<std::string, std::vector<Act>> scripts;
  std::string units;
  std::string jobs;
  std::string printed;
  std::vector<Command> commands;

 private:
  testing::FakeClock& clock_;
};

class HealthChecks : public ::testing::Test {
 protected:
  using Act = FakePrograms::Act;
  HealthChecks() {
    spec_.config = tree_.path("health.yaml");
    spec_.folders = {{tree_.path("lib"), {}}, {tree_.path("etc"), {}}, {tree_.path("elemental"), {"check"}}};
  }
  void add(std::string_view name, std::vector<Act> acts = {}) {
    const fs::path path = tree_.write(name, "#!/bin/sh\n");
    fs::permissions(path, fs::perms::owner_all);
    programs_.scripts[path.filename().string()] = std::move(acts);
  }
  HealthReport check() {
    return run_health_checks(
        spec_, {.runner = programs_, .clock = clock_, .tell = [&](const CheckResult& r) { told_.push_back(r.name); }});
  }
  // The result whose name ends so.
  CheckResult result(const HealthReport& report, std::string_view name) {
    for (const CheckResult& one : report.checks) {
      if (one.name.ends_with(name)) return one;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }

  testing::TempTree tree_;
  testing::FakeClock clock_;
  FakePrograms programs_{clock_};
  HealthSpec spec_;
  std::vector<std::string> told_;
};

TEST_F(HealthChecks, AStartThatTakesTooLongNamesWhatItWaitsFor) {
  programs_.jobs =
      "123 multi-user.target             start waiting\n"
      "140 hang.service                  start running\n"
      "  9 cairn-health-deadline.service start running\n";
  EXPECT_TRUE(check().healthy()) << "nobody said that it takes too long";
  spec_.overdue = true;
  EXPECT_THAT(check().why(), AllOf(HasSubstr("builtin/start"), HasSubstr("waits for hang.service")));
  programs_.jobs = "  9 cairn-health-deadline.service start running\n";
  EXPECT_TRUE(check().healthy()) << "it has ended meanwhile";
}

TEST_F(HealthChecks, ASystemWithoutTroubleIsHealthy) {
  add("lib/20-b");
  add("etc/10-a");
  const HealthReport report = check();
  EXPECT_TRUE(report.healthy());
  EXPECT_EQ(report.why(), "");
  EXPECT_THAT(told_, ElementsAre("builtin/units", "builtin/time", EndsWith("10-a"), EndsWith("20-b")));
}

TEST_F(HealthChecks, LaterFoldersReplaceAndMaskPrograms) {
  add("lib/10-a");
  add("lib/20-b");
  add("etc/10-a");
  fs::create_symlink("/dev/null", tree_.path("etc/20-b"));
  tree_.write("etc/README", "no program");
  add("elemental/net");
  const auto programs = find_check_programs(spec_.folders);
  ASSERT_EQ(programs.size(), 2U);
  EXPECT_EQ(programs[0].path, tree_.path("etc/10-a"));
  EXPECT_EQ(programs[1].path, tree_.path("elemental/net"));
  EXPECT_THAT(programs[1].arguments, ElementsAre("check"));
}

TEST_F(HealthChecks, AFailedUnitIsTroubleUnlessTolerated) {
  programs_.units = "sshd.service loaded failed failed SSH\nkdump.service loaded failed failed dump\n";
  tree_.write("health.yaml", "tolerated-units: [kdump.service]\nattempts: 1\n");
  HealthReport report = check();
  EXPECT_FALSE(report.healthy());
  EXPECT_THAT(report.why(), HasSubstr("1 of 2 checks failed: builtin/units failed"));
  EXPECT_THAT(report.why(), HasSubstr("sshd.service (failed)"));
  EXPECT_THAT(report.why(), Not(HasSubstr("kdump")));
  tree_.write("health.yaml", "tolerated-units: [kdump.service, sshd.service]\n");
  EXPECT_TRUE(check().healthy());
}

TEST_F(HealthChecks, AFailureGetsAnotherChance) {
  add("lib/net", {Act::fail, Act::fail, Act::pass});
  const CheckResult net = result(check(), "net");
  EXPECT_EQ(net.outcome, CheckOutcome::passed);
  EXPECT_EQ(net.attempts, 3U);
  EXPECT_THAT(net.why, IsEmpty());
  EXPECT_THAT(clock_.sleeps(), ElementsAre(std::chrono::seconds(10), std::chrono::seconds(10)));
}

TEST_F(HealthChecks, AFailureThatStaysIsOneAndTheRestRunsAllTheSame) {
  add("lib/10-net", {Act::fail});
  add("lib/20-other");
  const HealthReport report = check();
  EXPECT_EQ(result(report, "10-net").outcome, CheckOutcome::failed);
  EXPECT_EQ(result(report, "10-net").attempts, 3U);
  EXPECT_EQ(result(report, "20-other").outcome, CheckOutcome::passed);
}

TEST_F(HealthChecks, AHangEndsAtTheDeadlineOfTheCheck) {
  add("lib/hang", {Act::hang});
  tree_.write("health.yaml", "check-deadline: 7\nattempts: 2\npause: 1\n");
  const CheckResult hang = result(check(), "hang");
  EXPECT_EQ(hang.outcome, CheckOutcome::timed_out);
  EXPECT_EQ(hang.duration, std::chrono::seconds(15));
}

TEST_F(HealthChecks, TheDeadlineOfTheWholeHoldsForAll) {
  for (const std::string name : {"lib/10", "lib/20", "lib/30"}) add(name, {Act::hang});
  tree_.write("health.yaml", "deadline: 50\ncheck-deadline: 30\nattempts: 1\n");
  const HealthReport report = check();
  EXPECT_EQ(report.duration, std::chrono::seconds(50));
  EXPECT_EQ(result(report, "20").outcome, CheckOutcome::timed_out);
  EXPECT_EQ(result(report, "20").duration, std::chrono::seconds(20));
  EXPECT_EQ(result(report, "30").outcome, CheckOutcome::not_run);
  EXPECT_FALSE(report.healthy());
}

TEST_F(HealthChecks, KeepsTheEndOfWhatWasPrinted) {
  add("lib/loud");
  programs_.printed = std::string(100'000, 'x') + "the end";
  const CheckResult loud = result(check(), "loud");
  EXPECT_EQ(loud.output.size(), kMaxCheckOutput);
  EXPECT_THAT(loud.output, EndsWith("the end"));
}

TEST_F(HealthChecks, TooLittleRoomIsTrouble) {
  spec_.state = tree_.path();
  spec_.persistent = tree_.path();
  EXPECT_TRUE(check().healthy());
  tree_.write("health.yaml", "min-free-mib: {persistent: 1000000000}\nattempts: 1\n");
  const HealthReport report = check();
  EXPECT_EQ(result(report, "state-room").outcome, CheckOutcome::passed);
  EXPECT_THAT(result(report, "persistent-room").why, HasSubstr("less than"));
}

TEST_F(HealthChecks, AClockBeforeTheImageIsTrouble) {
  tree_.write("health.yaml", "attempts: 1\n");
  for (const auto& [created, healthy] :
       std::map<std::string, bool>{{"2023-11-14T22:13:20Z", true}, {"2023-11-14T22:13:21.5Z", false}, {"", true}}) {
    spec_.image_created = created;
    testing::FakeClock clock;  // 2023-11-14T22:13:20Z
    const HealthReport report =
        run_health_checks(spec_, {.runner = programs_, .clock = clock, .tell = [](const CheckResult&) {}});
    EXPECT_EQ(report.healthy(), healthy) << created;
  }
}

TEST_F(HealthChecks, AConfigurationThatCantBeReadIsAFailedCheck) {
  tree_.write("health.yaml", "deadlin: 3\n");
  const HealthReport report = check();
  EXPECT_THAT(result(report, "builtin/configuration").why, HasSubstr("health.yaml:1:"));
  EXPECT_EQ(report.checks.size(), 3U);
  EXPECT_EQ(told_.size(), 3U);
}

TEST_F(HealthChecks, RealProgramsEndAndAreEnded) {
  tree_.write("lib/10-says", "#!/bin/sh\necho all is well\n");
  tree_.write("lib/20-fails", "#!/bin/sh\necho no network >&2\nexit 3\n");
  tree_.write("lib/30-hangs", "#!/bin/sh\nsleep 60 &\nwait\n");
  for (const char* name : {"lib/10-says", "lib/20-fails", "lib/30-hangs"}) {
    fs::permissions(tree_.path(name), fs::perms::owner_all);
  }
  tree_.write("health.yaml", "check-deadline: 1\nattempts: 1\n");
  const HealthReport report =
      run_health_checks(spec_, {.runner = system_runner(), .clock = system_clock(), .tell = [](const CheckResult&) {}});
  EXPECT_EQ(result(report, "10-says").output, "all is well\n");
  EXPECT_THAT(result(report, "20-fails").why, HasSubstr("status 3"));
  EXPECT_THAT(result(report, "20-fails").why, HasSubstr("no network"));
  EXPECT_EQ(result(report, "30-hangs").outcome, CheckOutcome::timed_out);
  EXPECT_LT(report.duration, std::chrono::seconds(20));
}

}  // namespace
}  // namespace cairn::node
