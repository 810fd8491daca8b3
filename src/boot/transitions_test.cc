// SPDX-License-Identifier: Apache-2.0
#include "boot/transitions.h"

#include "boot/reasons.h"

#include <gtest/gtest.h>

namespace cairn::boot {
namespace {

using Numbers = std::vector<SnapshotNumber>;

BootState good() { return {.sequence = 5, .active = 3, .passives = {2, 1}, .recovery = 1}; }

BootState trying() {
  BootState state = good();
  state.verdict = Verdict::trying;
  state.tries = 2;
  return state;
}

template <class Body>
void expect_refused(const Reason& expected, Body&& body) {
  try {
    body();
    ADD_FAILURE() << "was allowed";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, expected.code);
  }
}

TEST(Committed, TheNewOneIsTriedAndTheBootedOneIsTheFirstToFallBackTo) {
  const BootState next = committed(good(), 4, 3, 3);
  EXPECT_EQ(next.active, 4U);
  EXPECT_EQ(next.passives, (Numbers{3, 2, 1}));
  EXPECT_EQ(next.verdict, Verdict::trying);
  EXPECT_EQ(next.tries, 3U);
  EXPECT_EQ(next.recovery, 1U);
}

TEST(Committed, FromAPassiveKeepsAnActiveOneThatWasGood) {
  EXPECT_EQ(committed(good(), 4, 2, 3).passives, (Numbers{2, 3, 1}));
}

TEST(Committed, DropsAnActiveOneThatNobodyVouchedFor) {
  EXPECT_EQ(committed(trying(), 4, 2, 3).passives, (Numbers{2, 1}));
}

TEST(Committed, WithoutTriesCountsAsGood) { EXPECT_EQ(committed(good(), 4, 3, 0).verdict, Verdict::good); }

TEST(Committed, NeverKeepsMoreThanTheFormatHolds) {
  BootState state = good();
  state.passives.clear();
  for (SnapshotNumber i = 0; i < kMaxPassives; ++i) state.passives.push_back(100 + i);
  const BootState next = committed(state, 4, 3, 1);
  EXPECT_EQ(next.passives.size(), kMaxPassives);
  EXPECT_EQ(next.passives.front(), 3U);
}

TEST(Committed, RefusesNumbersThatAreInUseOrUnknown) {
  expect_refused(reason::kNotBootable, [] { committed(good(), 2, 3, 1); });
  expect_refused(reason::kNotBootable, [] { committed(good(), 4, 9, 1); });
}

TEST(Blessed, EndsTheTrial) {
  const BootState next = blessed(trying(), 3);
  EXPECT_EQ(next.verdict, Verdict::good);
  EXPECT_EQ(next.tries, 0U);
  expect_refused(reason::kNotBootable, [] { blessed(trying(), 2); });
}

TEST(FellBack, TheBootedOneIsActiveAndWhatFailedIsNamed) {
  const Fallback fallback = fell_back(trying(), 2);
  EXPECT_EQ(fallback.failed, 3U);
  EXPECT_EQ(fallback.state.active, 2U);
  EXPECT_EQ(fallback.state.passives, (Numbers{1}));
  EXPECT_EQ(fallback.state.verdict, Verdict::good);
  EXPECT_EQ(fell_back(trying(), 1).state.passives, Numbers{});
  expect_refused(reason::kNotBootable, [] { fell_back(trying(), 3); });
}

TEST(RolledBack, TheActiveOneStaysIfItWasGood) {
  const BootState next = rolled_back(good(), 1);
  EXPECT_EQ(next.active, 1U);
  EXPECT_EQ(next.passives, (Numbers{3, 2}));
  EXPECT_EQ(next.verdict, Verdict::good);
  EXPECT_EQ(rolled_back(trying(), 2).passives, (Numbers{1}));
  expect_refused(reason::kNotBootable, [] { rolled_back(good(), 3); });
}

TEST(Recovery, IsRequestedOnceAndOnlyIfThereIsOne) {
  const BootState asked = recovery_requested(good());
  EXPECT_TRUE(asked.recovery_once);
  EXPECT_EQ(recovery_request_cleared(asked), good());
  expect_refused(reason::kNoRecovery, [] { recovery_requested(recovery_replaced(good(), 0)); });
}

TEST(Pruned, KeepsTheFirstAndOnlyWhenTheLoaderDoesNotWrite) {
  EXPECT_EQ(pruned(good(), 1).passives, (Numbers{2}));
  EXPECT_EQ(pruned(good(), 5), good());
  expect_refused(reason::kNotBootable, [] { pruned(trying(), 1); });
  expect_refused(reason::kNotBootable, [] { pruned(recovery_requested(good()), 1); });
}

TEST(GivenUp, TheLoaderTakesAPassiveAsIfTheTriesHadRunOut) {
  BootState expected = trying();
  expected.tries = 0;
  EXPECT_EQ(given_up(trying(), 3), expected);
}

TEST(GivenUp, OnlyWhatIsBeingTriedAndHasAnotherToFallBackTo) {
  expect_refused(reason::kNotBootable, [] { given_up(good(), 3); });
  expect_refused(reason::kNotBootable, [] { given_up(trying(), 2); });
  BootState alone = trying();
  alone.passives.clear();
  expect_refused(reason::kNotBootable, [&] { given_up(alone, 3); });
}

}  // namespace
}  // namespace cairn::boot
