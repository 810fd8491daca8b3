// SPDX-License-Identifier: Apache-2.0
#include "node/operation.h"

#include "node/reasons.h"
#include "node/status.h"
#include "support/fake_clock.h"
#include "support/temp_tree.h"
#include "support/unfrozen_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class OperationTest : public ::testing::Test {
 protected:
  OperationTest() {
    tree_.write("boot_id", "boot-1\n");
    std::filesystem::create_directory(tree_.path("oem"));
  }
  OperationPaths paths() const {
    return {.volatile_file = tree_.path("run/operation.json"),
            .durable_file = tree_.path("oem/cairn-operation.json"),
            .boot_id = tree_.path("boot_id")};
  }
  Operation::Tools tools() { return {.effects = effects_, .clock = clock_, .shown = silent_progress()}; }
  Operation begin(Operation::Durability durability = Operation::Durability::durable) {
    return Operation("upgrade", durability, tools(), paths());
  }
  OperationRecord on_disk() const { return parse_operation(tree_.read("oem/cairn-operation.json"), "record"); }
  std::string shown() {
    tree_.write("osrelease", "6.1.0\n");
    tree_.write("stat", "btime 1767225600\n");
    return to_text(get_status({.state = tree_.path("state.json"),
                               .kernel = tree_.path("osrelease"),
                               .stat = tree_.path("stat"),
                               .health = tree_.path("health.json"),
                               .boot_id = tree_.path("boot_id"),
                               .operation = paths()},
                              "1"));
  }

  testing::TempTree tree_;
  testing::UnfrozenEffects effects_;
  testing::FakeClock clock_;
};

TEST_F(OperationTest, IsRecordedWhileItRuns) {
  Operation operation = begin();
  operation.set_image("registry/os:2");
  operation.step("fetching layers");
  EXPECT_EQ(on_disk().phase, "fetching layers");
  clock_.advance(std::chrono::seconds(2));
  operation.bytes(512, 1024);
  const auto found = find_operation(paths());
  ASSERT_TRUE(found && found->bytes);
  EXPECT_EQ(found->bytes->done, 512U);
  EXPECT_FALSE(on_disk().bytes);  // the disk is spared
  EXPECT_EQ(state_of(*found, paths()), OperationState::running);
  EXPECT_THAT(shown(), HasSubstr("upgrade of registry/os:2: running with fetching layers, 512 B of 1.0 KiB (50 %)"));
}

TEST_F(OperationTest, ProgressIsWrittenAtMostOnceASecond) {
  Operation operation = begin();
  operation.step("fetching layers");
  operation.bytes(1, 2);
  EXPECT_FALSE(find_operation(paths())->bytes);
}

TEST_F(OperationTest, ItsOutcomeIsRecorded) {
  Operation operation = begin();
  EXPECT_EQ(operation.run([] { return 7; }), 7);
  EXPECT_EQ(on_disk().outcome, OperationRecord::Outcome::done);
  EXPECT_EQ(state_of(on_disk(), paths()), OperationState::done);
}

TEST_F(OperationTest, AFailureIsRecordedWithItsCodeAndPassedOn) {
  Operation operation = begin();
  operation.warn("a hook failed");
  EXPECT_THROW(operation.run([] { throw Error(reason::kDowngrade, "too old"); }), Error);
  const OperationRecord record = on_disk();
  ASSERT_TRUE(record.failure);
  EXPECT_EQ(record.failure->code, reason::kDowngrade.code);
  EXPECT_EQ(record.failure->message, "too old");
  EXPECT_THAT(record.warnings, ElementsAre("a hook failed"));
  EXPECT_THAT(shown(), HasSubstr("too old (CRN-NOD-023)"));
}

TEST_F(OperationTest, APowerCutLeavesAnInterruptedOne) {
  { begin().step("writing the system"); }
  std::filesystem::remove(paths().volatile_file);
  tree_.write("boot_id", "boot-2\n");
  const auto found = find_operation(paths());
  ASSERT_TRUE(found);
  EXPECT_EQ(state_of(*found, paths()), OperationState::interrupted);
  EXPECT_THAT(shown(), HasSubstr("upgrade: interrupted while writing the system"));
}

TEST_F(OperationTest, AProcessThatIsGoneLeavesAnInterruptedOne) {
  begin();
  OperationRecord record = on_disk();
  ++record.process_start;  // another one has its number now
  EXPECT_EQ(state_of(record, paths()), OperationState::interrupted);
  record.pid = 0x7fffffff;
  EXPECT_EQ(state_of(record, paths()), OperationState::interrupted);
}

TEST_F(OperationTest, WhatCanNotBeRecordedStopsNothing) {
  std::filesystem::remove(tree_.path("oem"));
  Operation operation = begin();
  EXPECT_EQ(operation.run([] { return 1; }), 1);
  EXPECT_EQ(find_operation(paths())->outcome, OperationRecord::Outcome::done);
}

TEST_F(OperationTest, OfALiveSystemTouchesNoDisk) {
  begin(Operation::Durability::volatile_only).step("making partitions");
  EXPECT_TRUE(std::filesystem::is_empty(tree_.path("oem")));
}

TEST_F(OperationTest, ADamagedRecordIsRefusedUnderItsName) {
  for (const char* text : {"", "{}", R"({"format": 2})", R"({"format": 1, "operation": "upgrade"})"}) {
    try {
      parse_operation(text, "the record");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kBadOperation.code) << text;
      EXPECT_THAT(error.what(), HasSubstr("the record"));
    }
  }
  tree_.write("oem/cairn-operation.json", "{");
  EXPECT_THAT(shown(), Not(HasSubstr("operation")));
}

}  // namespace
}  // namespace cairn::node
