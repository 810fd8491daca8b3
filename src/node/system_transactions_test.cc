// SPDX-License-Identifier: Apache-2.0
// What the transactions do when all goes well, and what they refuse; power cuts and errors are in tests/crash.
#include "node/system_transactions.h"

#include "boot/transitions.h"
#include "core/digest.h"
#include "node/asked_reset.h"
#include "node/reasons.h"
#include "support/temp_tree.h"
#include "support/unfrozen_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr UpgradePolicy kPolicy{.tries = 2, .passives = 1};

class SystemTransactionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    install_systems(stores_, system("v1"), nullptr, nullptr, 0);
    boot_.commit(boot::recovery_replaced(state(), 1));
    upgrade("v2", 1);
  }

  SystemContent system(const std::string& version) {
    SystemContent content{.words = [] { return std::string("quiet"); },
                          .identity = {.digest = sha256(as_bytes(version)).text()}};
    for (const std::string name : {"rootfs.squashfs", "vmlinuz", "initrd"}) {
      const auto fill = [text = name + version](snapshot::SnapshotFile& file) { file.write_at(0, as_bytes(text)); };
      content.files.push_back({.name = name, .room = 100, .fill = fill});
    }
    return content;
  }
  snapshot::Number upgrade(const std::string& version, snapshot::Number booted) {
    return upgrade_system(stores_, system(version), booted, kPolicy);
  }
  boot::BootState state() { return boot_.current(); }

  testing::TempTree tree_;
  testing::UnfrozenEffects effects_;
  boot::BootStateStore boot_{tree_.path(), effects_};
  snapshot::SnapshotStore snapshots_{tree_.path(), effects_};
  SystemStores stores_{boot_, snapshots_};
  EffectFiles oem_{effects_, tree_.path()};
};

TEST_F(SystemTransactionsTest, AnUpgradeIsTriedThenBlessed) {
  EXPECT_EQ(state().active, 2U);
  EXPECT_THAT(state().passives, ElementsAre(1));
  EXPECT_EQ(state().tries, 2U);
  bless_system(stores_, 2, kPolicy);
  EXPECT_EQ(state().verdict, boot::Verdict::good);
  EXPECT_EQ(upgrade("v3", 2), 3U);
  EXPECT_THAT(state().passives, ElementsAre(2));
  EXPECT_THAT(snapshots_.list(), ElementsAre(2, 3));
}

TEST_F(SystemTransactionsTest, ThePolicySaysHowManyAreKept) {
  const UpgradePolicy two{.tries = 0, .passives = 2};
  for (snapshot::Number booted = 2; booted < 6; ++booted) {
    upgrade_system(stores_, system(fmt::format("v{}", booted + 1)), booted, two);
  }
  EXPECT_EQ(state().active, 6U);
  EXPECT_THAT(state().passives, ElementsAre(5, 4));
  EXPECT_THAT(snapshots_.list(), ElementsAre(4, 5, 6));
}

TEST_F(SystemTransactionsTest, ASystemThatDoesNotPassItsCheckIsNeverNamed) {
  const boot::BootState before = state();
  SystemContent content = system("v3");
  std::filesystem::path checked;
  content.check = [&](const std::filesystem::path& directory) {
    checked = directory;
    EXPECT_TRUE(std::filesystem::exists(directory / "rootfs.squashfs"));
    throw Error(reason::kHookAfter, "no");
  };
  EXPECT_THROW(upgrade_system(stores_, content, 2, kPolicy), Error);
  EXPECT_EQ(checked, snapshots_.directory(3));
  EXPECT_FALSE(std::filesystem::exists(checked));
  EXPECT_EQ(state().active, before.active);
}

TEST_F(SystemTransactionsTest, WhatFailedIsRemovedAndNotTriedAgain) {
  EXPECT_EQ(accept_fallback(stores_, 1, "2026-01-01T00:00:00Z", "did not start"), 2U);
  EXPECT_EQ(state().active, 1U);
  EXPECT_THAT(snapshots_.list(), ElementsAre(1));
  const boot::BootState before = state();
  try {
    upgrade("v2", 1);
    FAIL() << "tried again";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kRefusedImage.code);
  }
  EXPECT_EQ(state(), before);
  snapshots_.allow(system("v2").identity.digest);
  EXPECT_EQ(upgrade("v2", 1), 3U);  // a number is never given twice
}

TEST_F(SystemTransactionsTest, AReplacedUpgradeStaysWhileTheLoaderMayWrite) {
  EXPECT_EQ(upgrade("v3", 1), 3U);
  EXPECT_THAT(state().passives, ElementsAre(1));
  EXPECT_THAT(snapshots_.list(), ElementsAre(1, 2, 3));
  bless_system(stores_, 3, kPolicy);
  EXPECT_THAT(snapshots_.list(), ElementsAre(1, 3));
}

TEST_F(SystemTransactionsTest, ARollbackKeepsTheNewerOne) {
  bless_system(stores_, 2, kPolicy);
  roll_back_system(stores_, 1);
  EXPECT_EQ(state().active, 1U);
  EXPECT_THAT(state().passives, ElementsAre(2));
}

TEST_F(SystemTransactionsTest, AResetStartsWithOneSystemAndANewNumber) {
  bless_system(stores_, 2, kPolicy);
  const auto make_state = [&] { std::filesystem::remove_all(snapshots_.root()); };
  reset_system(stores_, oem_, make_state, system("v0"), 1, 2);
  EXPECT_EQ(state().active, 3U);
  EXPECT_THAT(state().passives, IsEmpty());
  EXPECT_THAT(snapshots_.list(), ElementsAre(3));
}

TEST_F(SystemTransactionsTest, AResetIsAskedForByBootStateAndFileTogether) {
  ask_for_reset({.persistent = false}, boot_, oem_);
  ASSERT_TRUE(find_asked_reset(boot_, tree_.path()));
  EXPECT_FALSE(find_asked_reset(boot_, tree_.path())->persistent);
  boot_.commit(boot::recovery_request_cleared(state()));
  EXPECT_FALSE(find_asked_reset(boot_, tree_.path()));
  boot_.commit(boot::reset_asked(state()));
  tree_.write("cairn-reset.json", "{");
  EXPECT_TRUE(find_asked_reset(boot_, tree_.path())->persistent);
  std::filesystem::remove(tree_.path("cairn-reset.json"));
  EXPECT_FALSE(find_asked_reset(boot_, tree_.path()));
}

TEST_F(SystemTransactionsTest, AResetThatIsDoneIsAskedForNoMore) {
  bless_system(stores_, 2, kPolicy);
  ask_for_reset({}, boot_, oem_);
  const auto make_state = [&] {
    EXPECT_TRUE(find_asked_reset(boot_, tree_.path()) && state().recovery_once);
    std::filesystem::remove_all(snapshots_.root());
  };
  reset_system(stores_, oem_, make_state, system("v0"), 1, 2);
  EXPECT_FALSE(state().reset_asked || state().recovery_once);
  EXPECT_FALSE(std::filesystem::exists(tree_.path("cairn-reset.json")));
}

TEST_F(SystemTransactionsTest, AResetMakesABootStateWhereNoneIsValid) {
  tree_.write("bootstate.a", std::string(1024, '\0'));
  tree_.write("bootstate.b", "");
  const auto make_state = [&] { std::filesystem::remove_all(snapshots_.root()); };
  reset_system(stores_, oem_, make_state, system("v0"), 4, 2);
  EXPECT_EQ(state().active, 1U);
  EXPECT_EQ(state().recovery, 4U);
  EXPECT_EQ(state().tries, 2U);
  EXPECT_TRUE(boot_.read().a && boot_.read().b);
  EXPECT_THAT(snapshots_.list(), ElementsAre(1));
}

TEST_F(SystemTransactionsTest, KernelWordsThatTheLoaderCantPassOnAreRefusedBeforeAnythingIsWritten) {
  bless_system(stores_, 2, kPolicy);
  SystemContent content = system("v3");
  content.words = [] { return std::string("a=\"b\""); };
  EXPECT_THROW(upgrade_system(stores_, content, 2, kPolicy), Error);
  EXPECT_EQ(state().active, 2U);
  EXPECT_THAT(snapshots_.list(), ElementsAre(2));  // the policy's room was made
}

}  // namespace
}  // namespace cairn::node
