// SPDX-License-Identifier: Apache-2.0
#include "node/live_root.h"

#include "node/reasons.h"
#include "node/sample_medium.h"
#include "support/fake_clock.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NoPrograms final : public Runner {
 public:
  ExecResult run(const Command& command) override {
    EXPECT_EQ(command.program, "modprobe");
    return {};
  }
};

class LiveRoot : public ::testing::Test {
 protected:
  LiveRoot() {
    tree_.write("medium/rootfs.squashfs", "squashfs");
    tree_.write("medium/.cairn/manifest.json", testing::sample_manifest(8));
  }
  MediumManifest check(const BootRequest& request = {}) const { return check_medium(request, tree_.path("medium")); }
  std::string code_of_check(const BootRequest& request = {}) const {
    try {
      check(request);
    } catch (const Error& error) {  // what the test is about
      return std::string(error.reason().code);
    }
    return "none";
  }
  cairn::testing::TempTree tree_;
};

TEST_F(LiveRoot, TheBootedMediumIsTaken) {
  EXPECT_EQ(check({.medium_id = std::string(testing::kId)}).image.version, "1");
  EXPECT_EQ(check().id, testing::kId);
}

TEST_F(LiveRoot, AnotherMediumIsRefused) {
  EXPECT_EQ(code_of_check({.medium_id = "fedcba9876543210"}), reason::kOtherMedium.code);
}

TEST_F(LiveRoot, ATruncatedSquashfsIsSeenBeforeItIsMounted) {
  tree_.write("medium/rootfs.squashfs", "squash");
  EXPECT_EQ(code_of_check(), reason::kBadMedium.code);
}

TEST_F(LiveRoot, WhatIsMissingMeansTheMediumIsBad) {
  std::filesystem::remove(tree_.path("medium/rootfs.squashfs"));
  EXPECT_EQ(code_of_check(), reason::kBadMedium.code);
  std::filesystem::remove(tree_.path("medium/.cairn/manifest.json"));
  EXPECT_EQ(code_of_check(), reason::kBadMedium.code);
}

TEST_F(LiveRoot, AMediumThatDoesNotComeIsWaitedForAloudAndNotForEver) {
  tree_.write("disks/1234-ABCD", "");
  NoPrograms programs;
  cairn::testing::FakeClock clock;
  std::vector<std::string> said;
  const BootRequest request{.mode = BootMode::live, .uuid = "2026-01-01-00-00-00-00", .wait = std::chrono::seconds(20)};
  const LiveRootPaths paths{.disks = tree_.path("disks"), .run = tree_.path("run"), .sysroot = tree_.path("sysroot")};
  try {
    mount_live_root(request, paths, "0.1.0", {.runner = programs, .clock = clock, .say = [&](std::string_view line) {
                                                said.emplace_back(line);
                                              }});
    FAIL() << "it was found";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kNoMedium.code);
    EXPECT_THAT(error.what(), HasSubstr("2026-01-01-00-00-00-00"));
    EXPECT_THAT(error.what(), HasSubstr("1234-ABCD"));
  }
  EXPECT_THAT(said, ElementsAre(HasSubstr("waiting up to 20 s")));
}

}  // namespace
}  // namespace cairn::node
