// SPDX-License-Identifier: Apache-2.0
#include "node/mount_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

MountFacts complete_image() {
  return {.has_directory = [](const std::string&) { return true; }};
}

TEST(MountPlan, ACompleteImageIsTheRootItself) {
  const MountPlan plan = plan_mounts(default_mounts(), complete_image());
  EXPECT_EQ(plan.root, MountPlan::Root::read_only);
  EXPECT_THAT(plan.missing, IsEmpty());
  EXPECT_THAT(plan.overlays, ElementsAre("/etc", "/srv", "/var"));
  EXPECT_EQ(plan.binds.size(), default_mounts().persistent.size());
  EXPECT_EQ(plan.memory, "25%");
}

TEST(MountPlan, ParentsComeFirstAndCoverWhatIsInThem) {
  MountConfig config;
  config.ephemeral = {"/var/a", "/var", "/var"};
  config.persistent = {"/opt/x", "/opt", "/opt-x"};
  config.volumes = {{"LABEL=B", "/data/b"}, {"LABEL=A", "/data"}};
  const MountPlan plan = plan_mounts(config, complete_image());
  EXPECT_THAT(plan.overlays, ElementsAre("/var"));
  EXPECT_THAT(plan.binds, ElementsAre("/opt", "/opt-x"));
  EXPECT_EQ(plan.volumes.front().path, "/data");
}

TEST(MountPlan, WhatIsPersistentIsNotInMemory) {
  MountConfig config = default_mounts();
  config.persistent.push_back("/srv");
  config.ephemeral.push_back("/opt/cache");
  const MountPlan plan = plan_mounts(config, complete_image());
  EXPECT_THAT(plan.overlays, ElementsAre("/etc", "/var"));
  EXPECT_THAT(plan.binds, Contains("/srv"));
}

TEST(MountPlan, FoldersAreMissedOnlyWhereNothingCanMakeThem) {
  const MountPlan plan = plan_mounts(default_mounts(), {.has_directory = [](const std::string& path) {
                                       return path != "/oem" && path != "/var/lib/etcd" && path != "/usr/local";
                                     }});
  EXPECT_EQ(plan.root, MountPlan::Root::read_only_with_dirs);
  EXPECT_THAT(plan.missing, ElementsAre("/oem", "/usr/local"));
}

TEST(MountPlan, WithoutItsPartitionWhatShouldLastIsInMemory) {
  MountFacts facts = complete_image();
  facts.persistent = false;
  const MountPlan plan = plan_mounts(default_mounts(), facts);
  EXPECT_THAT(plan.binds, IsEmpty());
  EXPECT_THAT(plan.overlays, Contains("/home"));
  EXPECT_THAT(plan.overlays, Not(Contains("/etc/ssh")));  // in /etc already
}

TEST(MountPlan, RecoveryKeepsNothingAndUsesNothingElse) {
  MountConfig config = default_mounts();
  config.volumes = {{"LABEL=DATA", "/data"}};
  MountFacts facts = complete_image();
  facts.recovery = true;
  const MountPlan plan = plan_mounts(config, facts);
  EXPECT_EQ(plan.root, MountPlan::Root::writable);
  EXPECT_THAT(plan.binds, IsEmpty());
  EXPECT_THAT(plan.overlays, IsEmpty());
  EXPECT_THAT(plan.volumes, IsEmpty());
}

TEST(MountPlan, NoTwoPathsShareAName) {
  EXPECT_EQ(escape_path("/var/lib/cairn"), "var-lib-cairn");
  EXPECT_EQ(escape_path("/a-b"), "a%2db");
  EXPECT_NE(escape_path("/a-b/c"), escape_path("/a/b-c"));
}

}  // namespace
}  // namespace cairn::node
