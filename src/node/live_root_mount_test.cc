// SPDX-License-Identifier: Apache-2.0
// Real mounts, in a mount namespace of the test's own. Needs root, loop devices, mksquashfs and xorriso.
#include "core/file.h"
#include "disk/mount.h"
#include "node/live_root.h"
#include "node/medium_system.h"
#include "node/reasons.h"
#include "node/sample_medium.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::LoopDevice;
using ::testing::HasSubstr;
using ::testing::Not;

class LiveRootMount : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
    if (!fs::exists("/dev/loop-control")) GTEST_SKIP() << "this kernel has no loop devices";
    for (const char* program : {"mksquashfs", "xorriso"}) {
      if (!find_program(program)) GTEST_SKIP() << program << " is not installed";
    }
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    make_medium();
  }

  // What is mounted in it keeps a directory from being removed.
  void TearDown() override {
    for (const char* name : {"sysroot", "run/overlay", "live/rootfs.squashfs", "run/rootfs", "live"}) {
      ::umount2(tree_.path(name).c_str(), MNT_DETACH);
    }
  }

  void make_medium() {
    tree_.write("root/etc/hello", "from the image\n");
    const std::string squashfs = tree_.path("medium/rootfs.squashfs");
    fs::create_directories(tree_.path("medium/.cairn"));
    system_runner().run({.program = "mksquashfs", .args = {tree_.path("root"), squashfs, "-quiet", "-no-progress"}});
    tree_.write("medium/.cairn/manifest.json", testing::sample_manifest(fs::file_size(squashfs)));
  }

  // The medium as an ISO in a loop device, where udev's link to it leads.
  LoopDevice insert_iso(const std::string& uuid) {
    system_runner().run(
        {.program = "xorriso",
         .args = {"-as", "mkisofs", "-quiet", "-R", "-o", tree_.path("medium.iso"), tree_.path("medium")}});
    LoopDevice drive(tree_.path("medium.iso"));
    fs::create_directory(tree_.path("disks"));
    fs::create_symlink(drive.path(), tree_.path("disks") / uuid);
    return drive;
  }

  LiveRootPaths paths() const {
    return {.disks = tree_.path("disks"),
            .initramfs = tree_.path("medium"),
            .medium = tree_.path("live"),
            .run = tree_.path("run"),
            .sysroot = tree_.path("sysroot"),
            .sentinels = tree_.path("run")};
  }
  BootState mount(const BootRequest& request) {
    return mount_live_root(request, paths(), "0.1.0",
                           {.runner = system_runner(), .clock = system_clock(), .say = [](std::string_view) {}});
  }
  std::string mounts() const { return read_file("/proc/self/mounts", 1 << 20); }

  cairn::testing::TempTree tree_;
};

TEST_F(LiveRootMount, ANetworkBootOutlivesTheNamesOfItsFiles) {
  const BootState state = mount({.mode = BootMode::netboot, .medium_id = std::string(testing::kId)});
  // The change of root empties the initramfs.
  fs::remove_all(tree_.path("medium"));
  EXPECT_EQ(tree_.read("sysroot/etc/hello"), "from the image\n");
  EXPECT_EQ(tree_.read("run/elemental/live_mode"), "1");
  EXPECT_EQ(state.medium->device, "");
  EXPECT_EQ(find_boot_state(tree_.path("run/state.json"))->medium->id, testing::kId);
}

TEST_F(LiveRootMount, ANetworkBootKeepsWhatAnInstallNeeds) {
  std::string manifest = tree_.read("medium/.cairn/manifest.json");
  const std::string files = "\"files\": [";
  manifest.replace(manifest.find("\"iso\""), 5, "\"netboot\"");
  for (const char* name : {"vmlinuz", "initramfs"}) {
    manifest.insert(manifest.find(files) + files.size(),
                    fmt::format(R"({{"path": "/{}", "inRoot": "etc/hello", "size": 15, "sha256": "00"}},)", name));
  }
  tree_.write("medium/.cairn/manifest.json", manifest);
  tree_.write("medium/loaders/i386-pc/core.img", "loader");
  tree_.write("medium/cloud-config/users.yaml", "stages: {}\n");
  const std::string squashfs = tree_.read("medium/rootfs.squashfs");
  mount({.mode = BootMode::netboot});
  fs::remove_all(tree_.path("medium"));
  const MediumSystem system(tree_.path("live"));
  EXPECT_EQ(system.size(), squashfs.size() + 30);
  EXPECT_EQ(tree_.read("live/rootfs.squashfs"), squashfs);
  EXPECT_EQ(tree_.read("live/vmlinuz"), "from the image\n");
  EXPECT_EQ(read_file(system.loaders() / "i386-pc/core.img", 100), "loader");
  EXPECT_EQ(tree_.read("live/cloud-config/users.yaml"), "stages: {}\n");
}

TEST_F(LiveRootMount, TheRootIsWritableAndTheImageBelowIsNot) {
  mount({.mode = BootMode::netboot});
  tree_.write("sysroot/etc/hello", "changed\n");
  tree_.write("sysroot/var/new", "new\n");
  EXPECT_EQ(tree_.read("sysroot/etc/hello"), "changed\n");
  EXPECT_EQ(tree_.read("run/rootfs/etc/hello"), "from the image\n");
  EXPECT_EQ(tree_.read("run/overlay/upper/var/new"), "new\n");
}

TEST_F(LiveRootMount, ALiveBootFindsItsMediumByUuid) {
  if (read_file("/proc/filesystems", 1 << 16).find("iso9660") == std::string::npos) {
    GTEST_SKIP() << "this kernel has no iso9660";
  }
  const LoopDevice drive = insert_iso("2026-01-01-00-00-00-00");
  const BootState state = mount({.mode = BootMode::live, .uuid = "2026-01-01-00-00-00-00"});
  EXPECT_EQ(state.medium->device, drive.path());
  EXPECT_EQ(tree_.read("sysroot/etc/hello"), "from the image\n");
  EXPECT_TRUE(fs::exists(tree_.path("live/.cairn/manifest.json")));
}

TEST_F(LiveRootMount, AfterAFailureNothingStaysMounted) {
  tree_.write("sysroot", "in the way of the last mount");
  EXPECT_THROW(mount({.mode = BootMode::netboot}), Error);
  EXPECT_THAT(mounts(), Not(HasSubstr(tree_.path().string())));
  EXPECT_FALSE(fs::exists(tree_.path("run/state.json")));
}

TEST_F(LiveRootMount, ASquashfsThatIsNoneIsBlamedOnTheMedium) {
  tree_.write("medium/rootfs.squashfs", std::string(8192, 'x'));
  tree_.write("medium/.cairn/manifest.json", testing::sample_manifest(8192));
  try {
    mount({.mode = BootMode::netboot});
    FAIL() << "it was mounted";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kBadMedium.code) << error.what();
  }
  EXPECT_THAT(mounts(), Not(HasSubstr(tree_.path().string())));
}

}  // namespace
}  // namespace cairn::node
