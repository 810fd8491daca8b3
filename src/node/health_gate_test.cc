// SPDX-License-Identifier: Apache-2.0
#include "node/health_gate.h"

#include "boot/reasons.h"
#include "support/snapshots_fixture.h"

#include <gmock/gmock.h>

namespace cairn::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kNow = "2026-02-03T04:05:06Z";

TEST(Decide, GoodIsVouchedForOnce) {
  boot::BootState state{.active = 3, .passives = {2}, .tries = 1, .verdict = boot::Verdict::trying};
  EXPECT_EQ(decide(state, {.booted = 3}, true).act, GateAct::blessed);
  state = {.active = 3, .passives = {2}};
  EXPECT_EQ(decide(state, {.booted = 3}, true).act, GateAct::none);
}

TEST(Decide, BadIsGivenUpOnlyWhileItIsTriedAndAnotherStarts) {
  const boot::BootState trying{.active = 3, .passives = {2}, .tries = 1, .verdict = boot::Verdict::trying};
  EXPECT_EQ(decide(trying, {.booted = 3}, false).act, GateAct::given_up);
  // Its last start: the loader counted before it.
  boot::BootState last = trying;
  last.tries = 0;
  EXPECT_EQ(decide(last, {.booted = 3}, false).act, GateAct::given_up);

  boot::BootState alone = trying;
  alone.passives.clear();
  EXPECT_EQ(decide(alone, {.booted = 3}, false).act, GateAct::none);
  EXPECT_EQ(decide({.active = 3, .passives = {2}}, {.booted = 3}, false).act, GateAct::none);
  // A person took an older one from the menu.
  EXPECT_EQ(decide(trying, {.booted = 2}, false).act, GateAct::none);
  EXPECT_EQ(decide(trying, {.booted = 2}, true).act, GateAct::none);
}

TEST(Decide, WhatTheLoaderCameBackToIsNotRestartedForEver) {
  const boot::BootState spent{.active = 3, .passives = {2}, .tries = 0, .verdict = boot::Verdict::trying};
  EXPECT_EQ(decide(spent, {.booted = 3, .fallback = true}, false).act, GateAct::none);
  EXPECT_EQ(decide(spent, {.booted = 3, .fallback = true}, true).act, GateAct::blessed);
}

class HealthGate : public testing::SnapshotsTest {
 protected:
  GateDecision judge(GateSubject subject, bool healthy) {
    return apply_verdict(subject, healthy, "1 of 4 checks failed: \x1b[1mnet\nmore", stores_, kNow);
  }
  GateStores stores_{states_, snapshots_};
};

TEST_F(HealthGate, GoodIsCommittedAndItsImageNoLongerRefused) {
  start_with(trying());
  snapshots_.refuse({.digest = digest(3), .when = kNow, .why = "failed once"});
  EXPECT_EQ(judge({.booted = 3}, true).act, GateAct::blessed);
  EXPECT_EQ(states_.current().verdict, boot::Verdict::good);
  EXPECT_EQ(states_.current().active, 3U);
  EXPECT_THAT(snapshots_.refused(), IsEmpty());
}

TEST_F(HealthGate, BadIsRefusedAndThenGivenUp) {
  start_with(trying());
  EXPECT_EQ(judge({.booted = 3}, false).act, GateAct::given_up);
  EXPECT_THAT(effects_.acts, ElementsAre("rename refused.json", "open bootstate.a"));
  EXPECT_EQ(states_.current().tries, 0U);
  EXPECT_EQ(states_.current().verdict, boot::Verdict::trying);
  ASSERT_EQ(snapshots_.refused().size(), 1U);
  EXPECT_EQ(snapshots_.refused()[0].digest, digest(3));
  EXPECT_EQ(snapshots_.refused()[0].when, kNow);
  EXPECT_EQ(snapshots_.refused()[0].why, "1 of 4 checks failed: \\x1b[1mnet\\x0amore");
}

TEST_F(HealthGate, BadButNotOnTrialChangesNothing) {
  start_with(good());
  EXPECT_EQ(judge({.booted = 3}, false).act, GateAct::none);
  EXPECT_THAT(effects_.acts, IsEmpty());
}

TEST_F(HealthGate, ADamagedManifestDoesNotKeepABadSnapshot) {
  start_with(trying());
  tree_.write("state/.snapshots/3/manifest.json", "{");
  EXPECT_EQ(judge({.booted = 3}, false).act, GateAct::given_up);
  EXPECT_EQ(states_.current().tries, 0U);
  EXPECT_THAT(snapshots_.refused(), IsEmpty());
}

TEST_F(HealthGate, ACommitThatFailsIsSaid) {
  start_with(trying());
  effects_.fails_on = "open bootstate.a";
  EXPECT_THROW(judge({.booted = 3}, true), Error);
  EXPECT_EQ(states_.current().verdict, boot::Verdict::trying);
}

TEST_F(HealthGate, AfterAFallbackTheFailedImageIsRefused) {
  start_with(trying(0));
  const auto fallback = adopt_fallback({.booted = 2, .fallback = true}, stores_, kNow);
  ASSERT_TRUE(fallback);
  EXPECT_EQ(fallback->from, 3U);
  EXPECT_EQ(fallback->to, 2U);
  EXPECT_EQ(fallback->digest, digest(3));
  EXPECT_TRUE(fallback->refused);
  EXPECT_THAT(fallback->why, HasSubstr("used up its starts"));
  EXPECT_THAT(effects_.acts, ElementsAre("rename refused.json", "open bootstate.a"));
  EXPECT_TRUE(snapshots_.is_refused(digest(3)));
  const boot::BootState now = states_.current();
  EXPECT_EQ(now.active, 2U);
  EXPECT_THAT(now.passives, ElementsAre(1U));
  EXPECT_EQ(now.verdict, boot::Verdict::good);
}

TEST_F(HealthGate, AfterAFallbackWithStartsLeftTheLoaderIsNamed) {
  start_with(trying(2));
  const auto fallback = adopt_fallback({.booted = 2, .fallback = true}, stores_, kNow);
  ASSERT_TRUE(fallback);
  EXPECT_TRUE(fallback->refused);
  EXPECT_THAT(fallback->why, HasSubstr("the loader could not start it"));
}

TEST_F(HealthGate, AFallbackIsAdoptedOnce) {
  start_with(trying(0));
  adopt_fallback({.booted = 2, .fallback = true}, stores_, kNow);
  effects_.acts.clear();
  EXPECT_FALSE(adopt_fallback({.booted = 2, .fallback = true}, stores_, kNow));
  EXPECT_THAT(effects_.acts, IsEmpty());
}

TEST_F(HealthGate, TheReasonOfTheFailedGateIsKept) {
  start_with(trying());
  judge({.booted = 3}, false);
  const auto fallback = adopt_fallback({.booted = 2, .fallback = true}, stores_, "2026-12-31T00:00:00Z");
  ASSERT_TRUE(fallback);
  EXPECT_THAT(fallback->why, HasSubstr("1 of 4 checks failed"));
  EXPECT_TRUE(fallback->refused);
  EXPECT_EQ(snapshots_.refused()[0].when, kNow);
}

TEST_F(HealthGate, AnImageThatWasGoodIsNotRefusedForDamageHere) {
  start_with(good());
  const auto fallback = adopt_fallback({.booted = 2, .fallback = true}, stores_, kNow);
  ASSERT_TRUE(fallback);
  EXPECT_FALSE(fallback->refused);
  EXPECT_THAT(snapshots_.refused(), IsEmpty());
  EXPECT_EQ(states_.current().active, 2U);
}

TEST_F(HealthGate, APersonsChoiceOfAnOlderOneIsNoFallback) {
  start_with(good());
  EXPECT_FALSE(adopt_fallback({.booted = 2, .fallback = false}, stores_, kNow));
  EXPECT_EQ(states_.current().active, 3U);
}

}  // namespace
}  // namespace cairn::node
