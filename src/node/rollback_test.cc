// SPDX-License-Identifier: Apache-2.0
#include "node/rollback.h"

#include "boot/reasons.h"
#include "node/reasons.h"
#include "snapshot/reasons.h"
#include "support/snapshots_fixture.h"

#include <gmock/gmock.h>

#include <functional>

namespace cairn::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Rollback : public testing::SnapshotsTest {
 protected:
  RollbackResult roll_back(RollbackSpec spec) { return apply_rollback(spec, states_, snapshots_); }
  std::string code_of(RollbackSpec spec) {
    try {
      roll_back(spec);
    } catch (const Error& error) {  // what the test is about
      return std::string(error.reason().code);
    }
    return "none";
  }
};

TEST_F(Rollback, ToTheNewestThatIsKept) {
  start_with(good());
  const RollbackResult result = roll_back({.booted = 3});
  EXPECT_EQ(states_.current().active, 2U);
  EXPECT_THAT(states_.current().passives, ElementsAre(3U, 1U));
  EXPECT_THAT(to_text(result), HasSubstr("snapshot 2 starts next: v2 " + digest(2)));
  EXPECT_THAT(to_text(result), HasSubstr("snapshot 3 is kept"));
  EXPECT_THAT(to_text(result), HasSubstr("Restart the machine"));
}

TEST_F(Rollback, ToTheOneNamed) {
  start_with(good());
  EXPECT_EQ(roll_back({.to = 1, .booted = 3}).manifest.version, "v1");
  EXPECT_EQ(states_.current().active, 1U);
}

TEST_F(Rollback, AnUpgradeThatWasNotStartedYetIsTakenBack) {
  start_with(trying());
  const RollbackResult result = roll_back({.booted = 2});
  EXPECT_EQ(states_.current().active, 2U);
  EXPECT_THAT(states_.current().passives, ElementsAre(1U));
  EXPECT_EQ(states_.current().verdict, boot::Verdict::good);
  EXPECT_THAT(to_text(result), HasSubstr("snapshot 3 is not kept"));
  EXPECT_THAT(to_text(result), HasSubstr("It runs now"));
}

TEST_F(Rollback, ToWhatIsActiveChangesNothing) {
  start_with(good());
  const RollbackResult result = roll_back({.to = 3, .booted = 3});
  EXPECT_THAT(effects_.acts, IsEmpty());
  EXPECT_THAT(to_text(result), HasSubstr("nothing was changed"));
}

TEST_F(Rollback, ToAnImageThatFailedHereSaysSo) {
  start_with(good());
  snapshots_.refuse({.digest = digest(2), .when = "2026-01-01T00:00:00Z", .why = "no network"});
  EXPECT_THAT(to_text(roll_back({.booted = 3})), HasSubstr("failed here before: no network"));
}

TEST_F(Rollback, WhatCantStartIsRefusedAndNothingChanges) {
  start_with(good());
  EXPECT_EQ(code_of({.to = 9, .booted = 3}), boot::reason::kNotBootable.code);
  tree_.write("state/.snapshots/2/rootfs.squashfs", "roo");
  EXPECT_EQ(code_of({.booted = 3}), reason::kIncomplete.code);
  std::filesystem::remove(tree_.path("state/.snapshots/2/rootfs.squashfs"));
  EXPECT_EQ(code_of({.booted = 3}), reason::kIncomplete.code);
  std::filesystem::remove(tree_.path("state/.snapshots/1/cmdline"));
  EXPECT_EQ(code_of({.to = 1, .booted = 3}), reason::kIncomplete.code);
  std::filesystem::remove_all(tree_.path("state/.snapshots/1"));
  EXPECT_EQ(code_of({.to = 1, .booted = 3}), snapshot::reason::kNoSnapshot.code);
  EXPECT_THAT(effects_.acts, IsEmpty());
}

TEST_F(Rollback, WithoutAnOlderOne) {
  start_with({.active = 3});
  EXPECT_EQ(code_of({.booted = 3}), reason::kNoOlder.code);
}

}  // namespace
}  // namespace cairn::node
