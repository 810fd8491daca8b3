// SPDX-License-Identifier: Apache-2.0
#include "boot/store.h"

#include "boot/env_block.h"
#include "boot/reasons.h"
#include "boot/transitions.h"
#include "support/temp_tree.h"

#include <gtest/gtest.h>

namespace cairn::boot {
namespace {

class BootStateStoreTest : public ::testing::Test {
 protected:
  BootState first() { return {.active = 1, .tries = 3, .verdict = Verdict::trying, .recovery = 1}; }

  testing::TempTree tree_;
  BootStateStore store_{tree_.path(), system_effects()};
};

TEST_F(BootStateStoreTest, TheFirstStateStandsInBothCopies) {
  store_.create(first());
  EXPECT_EQ(tree_.read("bootstate.a"), compose(*store_.read().a));
  EXPECT_EQ(store_.read().a->sequence, 1U);
  EXPECT_EQ(store_.read().b->sequence, 2U);
  EXPECT_EQ(store_.current().active, 1U);
}

TEST_F(BootStateStoreTest, DamagedCopiesAreMadeAnew) {
  tree_.write("bootstate.a", "");
  tree_.write("bootstate.b", std::string(kEnvBlockSize, '\0'));
  store_.create(first());
  EXPECT_TRUE(store_.read().a && store_.read().b);
}

TEST_F(BootStateStoreTest, ACommitLeavesTheOtherCopyAlone) {
  store_.create(first());
  for (std::uint32_t sequence = 3; sequence < 7; ++sequence) {
    const bool writes_a = sequence % 2 == 1;
    const std::string other = tree_.read(writes_a ? "bootstate.b" : "bootstate.a");
    store_.commit(blessed(store_.current(), 1));
    EXPECT_EQ(store_.current().sequence, sequence);
    EXPECT_EQ(tree_.read(writes_a ? "bootstate.b" : "bootstate.a"), other);
  }
}

TEST_F(BootStateStoreTest, ADamagedCopyIsTheOneToBeWritten) {
  store_.create(first());
  tree_.write("bootstate.b", std::string(kEnvBlockSize, '\0'));
  EXPECT_EQ(store_.current().sequence, 1U);
  store_.commit(blessed(store_.current(), 1));
  EXPECT_EQ(store_.read().b->sequence, 2U);
  EXPECT_EQ(store_.read().a->sequence, 1U);
}

TEST_F(BootStateStoreTest, WithoutAValidCopyNothingIsWritten) {
  for (const auto& body :
       std::vector<std::function<void()>>{[&] { store_.current(); }, [&] { store_.commit(first()); }}) {
    try {
      body();
      ADD_FAILURE() << "went on";
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kNoBootState.code);
    }
  }
  EXPECT_TRUE(tree_.names().empty());
}

TEST_F(BootStateStoreTest, AStateThatMakesNoSenseChangesNothing) {
  store_.create(first());
  BootState bad = store_.current();
  bad.active = 0;
  EXPECT_THROW(store_.commit(bad), Error);
  EXPECT_EQ(store_.read().a->sequence, 1U);
}

}  // namespace
}  // namespace cairn::boot
