// SPDX-License-Identifier: Apache-2.0
// Real mounts of file systems in files, in a mount namespace of the test's own. Needs root, loop devices, mksquashfs,
// mke2fs and e2fsck.
#include "core/file.h"
#include "disk/mount.h"
#include "node/installed_root.h"
#include "snapshot/manifest.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::LoopDevice;
using disk::Role;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kFolders[] = {"etc/ssh",
                                         "etc/cni",
                                         "etc/containerd",
                                         "etc/iscsi",
                                         "etc/kubernetes",
                                         "etc/rancher",
                                         "etc/systemd",
                                         "home",
                                         "opt",
                                         "root",
                                         "srv",
                                         "tmp",
                                         "var",
                                         "usr/local",
                                         "usr/libexec/kubernetes",
                                         "oem"};

class InstalledRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
    if (!fs::exists("/dev/loop-control")) GTEST_SKIP() << "this kernel has no loop devices";
    for (const char* program : {"mksquashfs", "mke2fs", "e2fsck"}) {
      if (!find_program(program)) GTEST_SKIP() << program << " is not installed";
    }
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    for (const std::string_view folder : kFolders) fs::create_directories(tree_.path("image") / folder);
    tree_.write("image/etc/hello", "from the image\n");
    tree_.write("image/etc/ssh/sshd_config", "as built\n");
    ::chmod(tree_.path("image/root").c_str(), 0700);
    disk_.device = "/dev/test";
  }

  void TearDown() override { unmount(); }

  // As a machine that goes down: all gone but what is on its disk.
  void unmount() {
    for (const char* top : {"sysroot", "run"}) {
      while (::umount2(tree_.path(top).c_str(), MNT_DETACH) == 0) {
      }
    }
    std::vector<std::string> targets;
    for (std::string line; const char c : read_file("/proc/self/mounts", 1 << 20)) {
      if (c != '\n') {
        line += c;
        continue;
      }
      const std::size_t begin = line.find(' ') + 1;
      targets.push_back(line.substr(begin, line.find(' ', begin) - begin));
      line.clear();
    }
    for (auto target = targets.rbegin(); target != targets.rend(); ++target) {
      if (target->starts_with(tree_.path().string())) ::umount2(target->c_str(), MNT_DETACH);
    }
    fs::remove_all(tree_.path("run"));
    fs::remove_all(tree_.path("sysroot"));
  }

  // A partition whose file system holds the folder `name`.
  void add_partition(const std::string& name, const std::string& size) {
    const fs::path image = tree_.path(name + ".img");
    fs::create_directories(tree_.path(name));
    system_runner().run(
        {.program = "mke2fs", .args = {"-q", "-t", "ext4", "-d", tree_.path(name), image.string(), size}});
    loops_.push_back(std::make_unique<LoopDevice>(image, LoopDevice::Access::read_write));
    disk::PartitionFacts partition;
    partition.gpt_name = name;
    partition.device = loops_.back()->path();
    partition.number = static_cast<unsigned>(loops_.size());
    disk_.partitions.push_back(std::move(partition));
  }

  void add_system(const std::string& partition) {
    const fs::path squashfs = tree_.path(partition) / ".snapshots/3/rootfs.squashfs";
    fs::create_directories(squashfs.parent_path());
    system_runner().run(
        {.program = "mksquashfs", .args = {tree_.path("image"), squashfs.string(), "-quiet", "-no-progress"}});
    const snapshot::Manifest manifest{.created = "2026-01-01T00:00:00Z",
                                      .cairn = "0.1.0",
                                      .reference = "registry/os:1",
                                      .digest = "sha256:" + std::string(64, '0'),
                                      .title = "Cairn OS",
                                      .version = "1",
                                      .platform = "linux/amd64",
                                      .image_created = "2025-12-31T00:00:00Z",
                                      .files = {{"rootfs.squashfs", fs::file_size(squashfs), std::string(64, '0')},
                                                {"vmlinuz", 1, std::string(64, '0')},
                                                {"initrd", 1, std::string(64, '0')}}};
    tree_.write(partition + "/.snapshots/3/manifest.json", to_text(manifest));
    add_partition(partition, "32M");
  }

  void add_disk() {
    add_system("state");
    add_partition("oem", "8M");
    add_partition("persistent", "16M");
  }

  BootState boot(BootMode mode = BootMode::active) {
    const BootRequest request{.mode = mode, .wait = std::chrono::seconds(1), .snapshot = 3};
    const InstalledRootPaths paths{.machine = {.run = tree_.path("run/cairn")},
                                   .links = tree_.path("links"),
                                   .sysroot = tree_.path("sysroot"),
                                   .sentinels = tree_.path("run")};
    return mount_installed_root(request, disk_, paths, "0.1.0",
                                {.runner = system_runner(), .clock = system_clock(), .say = [](std::string_view) {}});
  }

  static bool can_write(const fs::path& path) { return ::access(path.c_str(), W_OK) == 0; }

  cairn::testing::TempTree tree_;
  std::vector<std::unique_ptr<LoopDevice>> loops_;
  disk::DiskFacts disk_;
};

TEST_F(InstalledRoot, KeepsWhatLastsAndForgetsTheRest) {
  add_disk();
  const BootState state = boot();
  EXPECT_TRUE(state.failed_volumes.empty()) << to_text(to_json(state));
  EXPECT_EQ(tree_.read("sysroot/etc/hello"), "from the image\n");
  EXPECT_EQ(tree_.read("run/elemental/active_mode"), "1");
  EXPECT_EQ(state.image.reference, "registry/os:1");
  EXPECT_EQ(state.image.title, "Cairn OS");
  EXPECT_EQ(state.image.platform, "linux/amd64");
  EXPECT_EQ(state.image.created, "2025-12-31T00:00:00Z");
  EXPECT_FALSE(can_write(tree_.path("sysroot/usr")));
  const std::string id = tree_.read("sysroot/etc/machine-id");
  EXPECT_EQ(id.size(), 33U);
  tree_.write("sysroot/etc/hello", "changed\n");
  tree_.write("sysroot/etc/ssh/sshd_config", "changed\n");
  tree_.write("sysroot/var/lib/containerd/x", "x");
  tree_.write("sysroot/oem/y", "y");
  tree_.write("sysroot/tmp/z", "z");
  unmount();

  EXPECT_TRUE(boot(BootMode::passive).failed_volumes.empty());
  EXPECT_EQ(tree_.read("sysroot/etc/hello"), "from the image\n");
  EXPECT_EQ(tree_.read("sysroot/etc/ssh/sshd_config"), "changed\n");
  EXPECT_EQ(tree_.read("sysroot/var/lib/containerd/x"), "x");
  EXPECT_EQ(tree_.read("sysroot/oem/y"), "y");
  EXPECT_FALSE(fs::exists(tree_.path("sysroot/tmp/z")));
  EXPECT_EQ(tree_.read("sysroot/etc/machine-id"), id);
  EXPECT_EQ(find_boot_state(tree_.path("run/cairn/state.json"))->mode, BootMode::passive);
  struct stat status {};
  ASSERT_EQ(::stat(tree_.path("sysroot/root").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_F(InstalledRoot, ASeedingThatBrokeBeginsAgain) {
  add_system("state");
  add_partition("oem", "8M");
  tree_.write("persistent/.cairn/binds/.new-etc-ssh/sshd_config", "half");
  add_partition("persistent", "16M");
  EXPECT_TRUE(boot().failed_volumes.empty());
  EXPECT_EQ(tree_.read("sysroot/etc/ssh/sshd_config"), "as built\n");
  EXPECT_FALSE(fs::exists(tree_.path("run/cairn/persistent/.cairn/binds/.new-etc-ssh")));
}

TEST_F(InstalledRoot, FoldersThatTheImageLacksAreMadeAndTheRootStaysReadOnly) {
  fs::remove_all(tree_.path("image/oem"));
  fs::remove_all(tree_.path("image/home"));
  add_disk();
  const BootState state = boot();
  EXPECT_TRUE(state.failed_volumes.empty()) << to_text(to_json(state));
  EXPECT_TRUE(can_write(tree_.path("sysroot/home")));
  EXPECT_TRUE(can_write(tree_.path("sysroot/oem")));
  EXPECT_FALSE(can_write(tree_.path("sysroot/usr")));
}

TEST_F(InstalledRoot, AFailingVolumeStopsNoOther) {
  add_system("state");
  add_partition("persistent", "16M");
  fs::resize_file(tree_.path("persistent.img"), 4096);
  fs::resize_file(tree_.path("persistent.img"), 16 << 20);
  const BootState state = boot();
  EXPECT_THAT(state.failed_volumes, Contains(Field(&BootState::FailedVolume::path, "/oem")));
  EXPECT_THAT(state.failed_volumes, Contains(Field(&BootState::FailedVolume::path, "COS_PERSISTENT")));
  EXPECT_TRUE(can_write(tree_.path("sysroot/home")));
  EXPECT_TRUE(can_write(tree_.path("sysroot/etc/ssh")));
  EXPECT_EQ(find_boot_state(tree_.path("run/cairn/state.json"))->failed_volumes.size(), state.failed_volumes.size());
}

TEST_F(InstalledRoot, TheMachinesConfigurationAddsMounts) {
  add_system("state");
  tree_.write("oem/mounts.yaml",
              "persistent: {paths: [/srv/app]}\nvolumes: [{source: LABEL=DATA, path: /data}, {source: /dev/none, path: "
              "/none}]\n");
  add_partition("oem", "8M");
  add_partition("persistent", "16M");
  tree_.write("data/file", "on another disk\n");
  add_partition("data", "8M");
  fs::create_directories(tree_.path("links/by-label"));
  fs::create_symlink(loops_.back()->path(), tree_.path("links/by-label/DATA"));
  const BootState state = boot();
  EXPECT_EQ(tree_.read("sysroot/data/file"), "on another disk\n");
  EXPECT_TRUE(fs::exists(tree_.path("run/cairn/persistent/.cairn/binds/srv-app")));
  ASSERT_EQ(state.failed_volumes.size(), 1U) << to_text(to_json(state));
  EXPECT_EQ(state.failed_volumes[0].path, "/none");
}

TEST_F(InstalledRoot, RecoveryTouchesNothingThatLasts) {
  add_system("recovery");
  add_partition("oem", "8M");
  add_partition("persistent", "16M");
  const BootState state = boot(BootMode::recovery);
  EXPECT_TRUE(state.failed_volumes.empty()) << to_text(to_json(state));
  EXPECT_TRUE(can_write(tree_.path("sysroot/usr")));
  EXPECT_FALSE(fs::exists(tree_.path("run/cairn/persistent")));
  EXPECT_TRUE(fs::exists(tree_.path("run/elemental/recovery_mode")));
}

TEST_F(InstalledRoot, LinksInTheImageStayInTheNewRoot) {
  fs::remove_all(tree_.path("image/home"));
  fs::create_directories(tree_.path("image/var/home"));
  fs::create_symlink("/var/home", tree_.path("image/home"));
  add_disk();
  const BootState state = boot();
  EXPECT_TRUE(state.failed_volumes.empty()) << to_text(to_json(state));
  tree_.write("sysroot/var/home/me", "here");
  EXPECT_EQ(tree_.read("run/cairn/persistent/.cairn/binds/home/me"), "here");
}

TEST_F(InstalledRoot, WithoutItsSnapshotNothingStaysMounted) {
  add_partition("state", "8M");
  add_partition("oem", "8M");
  EXPECT_THROW(boot(), Error);
  EXPECT_THAT(read_file("/proc/self/mounts", 1 << 20), Not(HasSubstr(tree_.path().string())));
}

TEST_F(InstalledRoot, ItsVolumesOpenForATransactionAndCloseAfterIt) {
  add_disk();
  const Machine machine{.boot = boot(), .disk = disk_};
  const MachinePaths paths{.run = tree_.path("run/cairn"), .oem = tree_.path("sysroot/oem")};
  const fs::path state = paths.mount_point(Role::state);
  EXPECT_FALSE(can_write(state));
  {
    Volume volume(machine, Role::state, Volume::Access::read_write, paths);
    tree_.write("run/cairn/state/new", "x");
    volume.close();
  }
  EXPECT_FALSE(can_write(state));
  EXPECT_TRUE(fs::exists(state / "new"));
  { const Volume oem(machine, Role::oem, Volume::Access::read_write, paths); }
  EXPECT_TRUE(can_write(paths.oem));
  EXPECT_THROW(Volume(machine, Role::esp, Volume::Access::read_write, paths), Error);
}

}  // namespace
}  // namespace cairn::node
