// SPDX-License-Identifier: Apache-2.0
#include "node/health.h"

#include "core/reasons.h"
#include "support/fake_clock.h"
#include "support/snapshots_fixture.h"

#include <gmock/gmock.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A systemd with or without a failed unit.
class FakeSystemd final : public Runner {
 public:
  ExecResult run(const Command&) override { return {.output = units, .error_lines = ""}; }
  std::string units;
};

class RunGate : public testing::SnapshotsTest {
 protected:
  RunGate() {
    spec_.checks.config = tree_.path("health.yaml");
    spec_.checks.folders = {};
    spec_.record = tree_.path("var/health.json");
    spec_.boot_id = tree_.write("boot_id", "boot-1\n");
  }
  GateResult gate() {
    return run_gate(spec_, {.runner = systemd_, .clock = clock_, .tell = [](const CheckResult&) {}},
                    [&](const auto& body) {
                      ++opened_;
                      if (fails_to_open_) throw Error(cairn::reason::kSystem, "no ESP");
                      body({states_, snapshots_});
                    });
  }
  void break_system() { systemd_.units = "net.service loaded failed failed Network\n"; }

  GateSpec spec_;
  FakeSystemd systemd_;
  testing::FakeClock clock_;
  int opened_ = 0;
  bool fails_to_open_ = false;
};

TEST_F(RunGate, AGoodSystemIsVouchedForAndRecorded) {
  start_with(trying());
  spec_.subject = {.booted = 3};
  spec_.digest = digest(3);
  const GateResult result = gate();
  EXPECT_FALSE(result.restart);
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(states_.current().verdict, boot::Verdict::good);
  const auto record = find_health_record(spec_.record);
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->healthy);
  EXPECT_EQ(record->act, GateAct::blessed);
  EXPECT_EQ(record->boot_id, "boot-1");
  EXPECT_EQ(record->snapshot, 3U);
  EXPECT_EQ(record->digest, digest(3));
  EXPECT_EQ(record->when, "2023-11-14T22:13:20Z");
}

// The whole life of a bad upgrade: given up, the older one starts, later boots still know why.
TEST_F(RunGate, ABadUpgradeIsLeftAndToldOf) {
  start_with(trying());
  break_system();
  spec_.subject = {.booted = 3};
  GateResult result = gate();
  EXPECT_TRUE(result.restart);
  EXPECT_EQ(find_health_record(spec_.record)->act, GateAct::given_up);

  systemd_.units.clear();
  spec_.subject = {.booted = 2, .fallback = true};
  result = gate();
  EXPECT_FALSE(result.restart);
  EXPECT_EQ(states_.current().active, 2U);
  ASSERT_TRUE(result.record.fallback);
  EXPECT_THAT(result.record.fallback->why, HasSubstr("net.service"));
  EXPECT_THAT(to_text(result), HasSubstr("snapshot 3 failed and 2 took its place"));

  spec_.subject = {.booted = 2};
  EXPECT_EQ(gate().record.fallback->from, 3U);
  spec_.subject = {.booted = 4};
  EXPECT_FALSE(gate().record.fallback);
}

TEST_F(RunGate, ABadFallbackStaysInsteadOfRestartingForEver) {
  start_with(trying(0));
  break_system();
  spec_.subject = {.booted = 2, .fallback = true};
  const GateResult result = gate();
  EXPECT_FALSE(result.restart);
  EXPECT_FALSE(result.record.healthy);
  EXPECT_EQ(states_.current().active, 2U);
}

TEST_F(RunGate, ABadSnapshotIsLeftEvenIfThatCantBeWritten) {
  start_with(trying());
  break_system();
  effects_.fails_on = "open bootstate.a";
  spec_.subject = {.booted = 3};
  const GateResult result = gate();
  EXPECT_TRUE(result.restart);
  EXPECT_THAT(result.problem, HasSubstr("acting on the verdict"));
  EXPECT_EQ(find_health_record(spec_.record)->act, GateAct::none);
}

TEST_F(RunGate, WhatIsNotKnownToBeOnTrialIsNotRestarted) {
  start_with(trying());
  break_system();
  fails_to_open_ = true;
  spec_.subject = {.booted = 3};
  const GateResult result = gate();
  EXPECT_FALSE(result.restart);
  EXPECT_THAT(result.problem, HasSubstr("no ESP"));
}

TEST_F(RunGate, ALiveSystemIsOnlyChecked) {
  break_system();
  const GateResult result = gate();
  EXPECT_EQ(opened_, 0);
  EXPECT_FALSE(result.restart);
  EXPECT_FALSE(find_health_record(spec_.record)->healthy);
}

TEST_F(RunGate, ADamagedRecordIsWrittenAnew) {
  start_with(trying());
  tree_.write("var/health.json", "{");
  spec_.subject = {.booted = 3};
  EXPECT_EQ(gate().problem, "");
  EXPECT_TRUE(find_health_record(spec_.record)->healthy);
}

TEST_F(RunGate, WithoutARecordTheVerdictCounts) {
  start_with(trying());
  tree_.write("file", "");
  spec_.record = tree_.path("file/health.json");
  spec_.subject = {.booted = 3};
  EXPECT_THAT(gate().problem, HasSubstr("writing the record"));
  EXPECT_EQ(states_.current().verdict, boot::Verdict::good);
}

}  // namespace
}  // namespace cairn::node
