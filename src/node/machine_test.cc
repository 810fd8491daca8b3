// SPDX-License-Identifier: Apache-2.0
#include "node/machine.h"

#include "node/reasons.h"
#include "support/fake_clock.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace cairn::node {
namespace {

const disk::Guid kEsp = disk::Guid::parse("6d1f0a3c-0000-4000-8000-000000000001");

BootState installed_state() {
  return {.mode = BootMode::active,
          .installed = BootState::Installed{.esp = kEsp, .disk = "/dev/sda", .snapshot = 3},
          .image = {},
          .cairn = "0.1.0"};
}

disk::DiskFacts disk_with(std::vector<std::string> gpt_names) {
  disk::DiskFacts disk;
  disk.device = "/dev/sda";
  for (std::string& name : gpt_names) {
    disk::PartitionFacts partition;
    partition.number = static_cast<unsigned>(disk.partitions.size()) + 1;
    partition.device = "/dev/sda" + std::to_string(partition.number);
    partition.gpt_name = std::move(name);
    disk.partitions.push_back(partition);
  }
  return disk;
}

template <class Body>
std::string code_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {  // what the tests are about
    return std::string(error.reason().code);
  }
  return "none";
}

TEST(Machine, PartitionsAreThoseOfTheBootDiskByTheirRoles) {
  const Machine machine{.boot = installed_state(), .disk = disk_with({"bios", "efi", "oem", "state"})};
  EXPECT_EQ(machine.partition(disk::Role::esp).device, "/dev/sda2");
  EXPECT_EQ(machine.installed().snapshot, 3U);
  EXPECT_EQ(code_of([&] { (void)machine.partition(disk::Role::recovery); }), reason::kNoVolume.code);
}

TEST(Machine, TwoPartitionsOfOneRoleAreNone) {
  const Machine machine{.boot = installed_state(), .disk = disk_with({"efi", "state", "state"})};
  EXPECT_EQ(code_of([&] { (void)machine.partition(disk::Role::state); }), reason::kNoVolume.code);
}

TEST(Machine, WithoutARecordNothingIsInstalled) {
  const cairn::testing::TempTree tree;
  const Machine machine = get_machine({.run = tree.path("run")});
  EXPECT_EQ(machine.mode(), BootMode::other);
  EXPECT_EQ(code_of([&] { (void)machine.installed(); }), reason::kNotInstalled.code);
  EXPECT_EQ(code_of([&] { (void)machine.partition(disk::Role::esp); }), reason::kNotInstalled.code);
}

TEST(Machine, ADiskThatIsGoneIsNotReplacedByAnother) {
  const cairn::testing::TempTree tree;
  tree.write("run/state.json", to_text(to_json(installed_state())));
  const MachinePaths paths{.run = tree.path("run"),
                           .system = {.sys = tree.path("sys"), .proc = tree.path("proc"), .dev = tree.path("dev")}};
  EXPECT_EQ(code_of([&] { get_machine(paths); }), "CRN-DSK-008");
}

TEST(Machine, TheLockIsOnesAtATime) {
  const cairn::testing::TempTree tree;
  const MachinePaths paths{.run = tree.path("run")};
  {
    const NodeLock lock(paths);
    EXPECT_EQ(code_of([&] { NodeLock second(paths); }), reason::kBusy.code);
  }
  EXPECT_EQ(code_of([&] { NodeLock third(paths); }), "none");
}

TEST(NodeLock, WaitsForItsTurnAndSaysForWhom) {
  const cairn::testing::TempTree tree;
  const MachinePaths paths{.run = tree.path("run")};
  std::optional<NodeLock> first(paths);
  cairn::testing::FakeClock clock;
  std::vector<std::string> told;
  const auto tell = [&](const std::string& why) { told.push_back(why); };
  EXPECT_EQ(code_of([&] {
              NodeLock second({.limit = std::chrono::seconds(5), .clock = clock, .stop = {}, .tell = tell}, paths);
            }),
            reason::kBusy.code);
  EXPECT_EQ(clock.sleeps().size(), 10U);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told.front(), ::testing::HasSubstr(fmt::format("process {} ", ::getpid())));
  const auto let_go = [&](const std::string&) { first.reset(); };
  EXPECT_EQ(code_of([&] {
              NodeLock third({.limit = std::chrono::seconds(5), .clock = clock, .stop = {}, .tell = let_go}, paths);
            }),
            "none");
}

}  // namespace
}  // namespace cairn::node
