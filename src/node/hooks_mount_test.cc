// SPDX-License-Identifier: Apache-2.0
#include "node/hooks.h"

#include "core/file.h"
#include "core/process.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// A snapshot with a small root tree, and the machine's own volumes as folders.
class HooksMount : public ::testing::Test {
 protected:
  HooksMount() {
    tree_.write("image/etc/os-release", "new\n");
    tree_.write("oem/90_custom.yaml", "stages: {}\n");
    fs::create_directory(tree_.path("persistent"));
    fs::create_directory(tree_.path("snapshot"));
  }
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    system_runner().run(
        {.program = "mksquashfs",
         .args = {tree_.path("image"), tree_.path("snapshot/rootfs.squashfs"), "-quiet", "-no-progress"}});
  }
  Hooks hooks(std::function<void(const Hook&)> run) {
    return {.run = std::move(run),
            .warn = [this](const std::string& warning) { warnings_.push_back(warning); },
            .failed = [this](const std::exception& problem) { warnings_.emplace_back(problem.what()); },
            .work = tree_.path("work")};
  }
  void run(const Hooks& hooks) {
    run_after_hooks(hooks, "upgrade", tree_.path("snapshot"),
                    {.oem = tree_.path("oem"), .persistent = tree_.path("persistent")});
  }
  std::string mounts() const { return read_file("/proc/self/mountinfo", 1 << 20); }

  testing::TempTree tree_;
  std::vector<std::string> warnings_;
};

void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

TEST_F(HooksMount, TheNewRootIsSeenWithTheMachinesVolumesAndStaysAsItIs) {
  std::vector<std::string> stages;
  run(hooks([&](const Hook& hook) {
    stages.push_back(hook.stage);
    if (hook.root == "/") return;
    EXPECT_EQ(read_file(hook.root / "etc/os-release", 100), "new\n");
    EXPECT_TRUE(fs::exists(hook.root / "oem/90_custom.yaml"));
    EXPECT_TRUE(fs::exists(hook.root / "proc/self"));
    write(hook.root / "oem/kept", "kept");
    write(hook.root / "run/elemental/persistent/kept", "kept");
    write(hook.root / "etc/lost", "lost");
  }));
  EXPECT_THAT(stages, ElementsAre("after-upgrade-chroot", "after-upgrade"));
  EXPECT_EQ(tree_.read("oem/kept"), "kept");
  EXPECT_EQ(tree_.read("persistent/kept"), "kept");
  ASSERT_THAT(warnings_, SizeIs(1));
  EXPECT_THAT(warnings_[0], HasSubstr("after-upgrade-chroot changed /etc/lost in the new root"));
  EXPECT_THAT(mounts(), Not(HasSubstr(tree_.path("work").string())));
}

TEST_F(HooksMount, AfterAFailureNothingStaysMounted) {
  EXPECT_THROW(run(hooks([](const Hook&) { throw std::runtime_error("no"); })), std::runtime_error);
  EXPECT_THAT(mounts(), Not(HasSubstr(tree_.path("work").string())));
}

TEST_F(HooksMount, WithoutANewRootTheHookOfTheRunningSystemStillRuns) {
  fs::resize_file(tree_.path("snapshot/rootfs.squashfs"), 0);
  std::vector<std::string> stages;
  run(hooks([&](const Hook& hook) { stages.push_back(hook.stage); }));
  EXPECT_THAT(stages, ElementsAre("after-upgrade"));
  EXPECT_THAT(warnings_, SizeIs(1));
}

}  // namespace
}  // namespace cairn::node
