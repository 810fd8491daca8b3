// SPDX-License-Identifier: Apache-2.0
#include "snapshot/store.h"

#include "snapshot/reasons.h"
#include "support/temp_tree.h"
#include "support/unfrozen_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::snapshot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SnapshotStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { store_.ensure_root(); }

  testing::TempTree tree_;
  testing::UnfrozenEffects effects_;
  SnapshotStore store_{tree_.path(), effects_};
};

TEST_F(SnapshotStoreTest, ListsNumbersInOrderAndNothingElse) {
  for (const std::string name : {"10", "9", ".new-11", ".old-3", "02", "x", "0", "1000000"}) {
    tree_.write(".snapshots/" + name + "/f", "");
  }
  tree_.write(".snapshots/refused.json", "");
  EXPECT_THAT(store_.list(), ElementsAre(9, 10));
}

TEST_F(SnapshotStoreTest, NeverGivesANumberTwice) {
  EXPECT_EQ(store_.next_number(0), 1U);
  EXPECT_EQ(store_.next_number(7), 8U);
  tree_.write(".snapshots/9/f", "");
  EXPECT_EQ(store_.next_number(7), 10U);
  tree_.write(".snapshots/.new-12/f", "");
  EXPECT_EQ(store_.next_number(7), 13U);
  tree_.write(".snapshots/.old-20/f", "");
  EXPECT_EQ(store_.next_number(7), 21U);
  EXPECT_THROW(store_.next_number(kMaxNumber), Error);
}

TEST_F(SnapshotStoreTest, RemovesWhatItIsTold) {
  for (const std::string name : {"1", "2", "3"}) tree_.write(".snapshots/" + name + "/vmlinuz", name);
  store_.remove({1, 3});
  EXPECT_THAT(store_.list(), ElementsAre(2));
  EXPECT_EQ(tree_.read(".snapshots/2/vmlinuz"), "2");
  EXPECT_EQ(effects_.settled, 1);
}

TEST_F(SnapshotStoreTest, RemovesWhatWasLeftOver) {
  tree_.write(".snapshots/.new-4/rootfs.squashfs", "half");
  tree_.write(".snapshots/.old-1/vmlinuz", "half");
  tree_.write(".snapshots/.new-refused.json", "half");
  tree_.write(".snapshots/2/vmlinuz", "whole");
  store_.remove_leftovers();
  EXPECT_THAT(store_.list(), ElementsAre(2));
  EXPECT_EQ(store_.next_number(0), 3U);
}

TEST_F(SnapshotStoreTest, AMissingSnapshotIsNamed) {
  try {
    store_.manifest(5);
    FAIL();
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kNoSnapshot.code);
  }
}

TEST_F(SnapshotStoreTest, RemembersRefusedImages) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  EXPECT_THAT(store_.refused(), IsEmpty());
  store_.refuse({digest, "2026-01-01T00:00:00Z", "did not start"});
  store_.refuse({"sha256:" + std::string(64, 'b'), "", ""});
  EXPECT_TRUE(store_.is_refused(digest));
  store_.allow(digest);
  EXPECT_FALSE(store_.is_refused(digest));
  EXPECT_EQ(store_.refused().size(), 1U);
}

TEST(RequiredBytes, FollowTheImagesOwnWordFirst) {
  EXPECT_EQ(required_bytes({.rootfs = 100, .layers = 10'000, .kernel_and_initrd = 7}), 107 + (1U << 20));
  EXPECT_EQ(required_bytes({.layers = 1000, .kernel_and_initrd = 7}), 2507 + (2U << 20));
}

}  // namespace
}  // namespace cairn::snapshot
