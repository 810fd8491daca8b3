// SPDX-License-Identifier: Apache-2.0
#include "node/init.h"

#include "core/reasons.h"
#include "node/embedded_files.h"
#include "node/reasons.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kVersion = "6.1.0-10-amd64";

// Plays dracut: writes the file it was asked for, or fails halfway.
class FakeDracut final : public Runner {
 public:
  ExecResult run(const Command& command) override {
    commands.push_back(command);
    const fs::path root = command.program == "chroot" ? command.args.front() : "/";
    std::ofstream(root / command.args.back().substr(1)) << "initramfs";
    if (fails) throw Error(cairn::reason::kToolFailed, "dracut ended with status 1; it said:\n  no space");
    return {};
  }
  std::vector<Command> commands;
  bool fails = false;
};

class Init : public ::testing::Test {
 protected:
  Init() {
    tree_.write("program", "cairn itself");
    tree_.write("root/usr/bin/dracut", "");
    add_kernel(kVersion);
  }
  void add_kernel(std::string_view version) {
    tree_.write(fmt::format("root/boot/vmlinuz-{}", version), "kernel");
    tree_.write(fmt::format("root/usr/lib/modules/{}/modules.dep", version),
                "kernel/drivers/block/loop.ko:\nkernel/fs/ext4/ext4.ko:\nkernel/fs/fat/vfat.ko:\nkernel/fs/squashfs/"
                "squashfs.ko.xz: "
                "a.ko\nkernel/fs/isofs/isofs.ko:\n");
    tree_.write(fmt::format("root/usr/lib/modules/{}/modules.builtin", version), "kernel/fs/overlayfs/overlay.ko\n");
  }
  InitResult init() { return init_root({.root = tree_.path("root"), .program = tree_.path("program")}, dracut_); }
  std::string code_of_failure() {
    try {
      init();
    } catch (const Error& error) {  // what the test is about
      return std::string(error.reason().code);
    }
    return "none";
  }
  std::vector<std::string> boot() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(tree_.path("root/boot"))) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  mode_t mode_of(std::string_view name) const {
    struct stat status {};
    EXPECT_EQ(::stat(tree_.path(name).c_str(), &status), 0) << name;
    return status.st_mode & 07777;
  }

  cairn::testing::TempTree tree_;
  FakeDracut dracut_;
};

TEST_F(Init, InstallsEverythingThatIsCarried) {
  init();
  for (const EmbeddedFile& file : embedded_files()) {
    EXPECT_EQ(tree_.read(fmt::format("root/{}", file.path)), file.text) << file.path;
    EXPECT_EQ(mode_of(fmt::format("root/{}", file.path)), file.mode) << file.path;
  }
  EXPECT_EQ(tree_.read("root/usr/bin/cairn"), "cairn itself");
  EXPECT_EQ(mode_of("root/usr/bin/cairn"), 0755U);
}

TEST_F(Init, MakesTheFoldersThatAReadOnlyRootCannotGetLater) {
  fs::create_directories(tree_.path("root/home"));
  const InitResult result = init();
  EXPECT_THAT(result.written, Contains("/oem"));
  EXPECT_THAT(result.written, Not(Contains("/home")));
  EXPECT_EQ(mode_of("root/tmp"), 01777U);
  EXPECT_EQ(mode_of("root/root"), 0700U);
  EXPECT_TRUE(fs::is_directory(tree_.path("root/usr/libexec/kubernetes")));
  EXPECT_FALSE(fs::exists(tree_.path("root/etc/ssh")));  // in what is writable
}

TEST_F(Init, EnablesTheUnitsThatItInstalls) {
  init();
  const auto units = fs::path("root/usr/lib/systemd/system");
  const fs::path wants = tree_.path((units / "multi-user.target.wants").string());
  std::size_t links = 0;
  for (const auto& link : fs::directory_iterator(wants)) {
    EXPECT_TRUE(fs::is_regular_file(link)) << link.path();
    ++links;
  }
  EXPECT_EQ(links, 6U);
  EXPECT_EQ(fs::read_symlink(wants / "cairn-health.service"), "../cairn-health.service");
  EXPECT_TRUE(fs::exists(wants / "../timers.target.wants/cairn-health-deadline.timer"));
}

TEST_F(Init, AnswersToElementalsName) {
  tree_.write("root/usr/bin/elemental", "Elemental's own, which would not know this system");
  init();
  EXPECT_EQ(fs::read_symlink(tree_.path("root/usr/bin/elemental")), "cairn");
}

TEST_F(Init, MakesTheInitramfsInsideTheRoot) {
  init();
  ASSERT_EQ(dracut_.commands.size(), 1U);
  EXPECT_EQ(dracut_.commands[0].program, "chroot");
  EXPECT_THAT(dracut_.commands[0].args, Contains(std::string(kVersion)));
  EXPECT_THAT(dracut_.commands[0].args, Contains("--reproducible"));
  EXPECT_THAT(boot(), ElementsAre("initrd", fmt::format("initrd-{}", kVersion), "vmlinuz",
                                  fmt::format("vmlinuz-{}", kVersion)));
  EXPECT_EQ(mode_of(fmt::format("root/boot/initrd-{}", kVersion)), 0644U);
  EXPECT_EQ(fs::read_symlink(tree_.path("root/boot/initrd")), fmt::format("initrd-{}", kVersion));
}

TEST_F(Init, LinksLeadToTheNewestKernelAsPeopleCount) {
  add_kernel("6.1.0-9-amd64");
  init();
  EXPECT_EQ(dracut_.commands.size(), 2U);
  EXPECT_EQ(fs::read_symlink(tree_.path("root/boot/vmlinuz")), "vmlinuz-6.1.0-10-amd64");
}

TEST_F(Init, AKernelBesideItsModulesIsLinkedFromBoot) {
  fs::remove_all(tree_.path("root/boot"));
  tree_.write(fmt::format("root/usr/lib/modules/{}/vmlinuz", kVersion), "kernel");
  init();
  EXPECT_EQ(fs::read_symlink(tree_.path("root/boot/vmlinuz")), fmt::format("../usr/lib/modules/{}/vmlinuz", kVersion));
}

TEST_F(Init, ASecondTimeWritesOnlyTheInitramfs) {
  init();
  EXPECT_THAT(init().written, ElementsAre(fmt::format("/boot/initrd-{}", kVersion)));
}

TEST_F(Init, RepairsWhatWasChanged) {
  init();
  tree_.write("root/usr/lib/cairn/cmdline",
              "something much longer than what stood here before, " + std::string(4000, 'x'));
  fs::permissions(tree_.path("root/usr/lib/dracut/modules.d/50cairn/module-setup.sh"), fs::perms::owner_read);
  EXPECT_THAT(init().written, ElementsAre("/usr/lib/cairn/cmdline", "/usr/lib/dracut/modules.d/50cairn/module-setup.sh",
                                          fmt::format("/boot/initrd-{}", kVersion)));
}

TEST_F(Init, TheDistributionsInitramfsGoesOnceOursIsThere) {
  tree_.write(fmt::format("root/boot/initrd.img-{}", kVersion), "theirs");
  dracut_.fails = true;
  EXPECT_EQ(code_of_failure(), cairn::reason::kToolFailed.code);
  EXPECT_THAT(boot(), ElementsAre(fmt::format("initrd.img-{}", kVersion), fmt::format("vmlinuz-{}", kVersion)));
  dracut_.fails = false;
  EXPECT_THAT(init().removed, ElementsAre(fmt::format("/boot/initrd.img-{}", kVersion)));
}

TEST_F(Init, WhatIsMissingIsFoundBeforeAnythingIsWritten) {
  fs::remove(tree_.path("root/usr/bin/dracut"));
  EXPECT_EQ(code_of_failure(), reason::kNoDracut.code);
  tree_.write(fmt::format("root/usr/lib/modules/{}/modules.dep", kVersion), "kernel/drivers/block/loop.ko:\n");
  EXPECT_EQ(code_of_failure(), reason::kMissingDrivers.code);
  fs::remove(tree_.path(fmt::format("root/boot/vmlinuz-{}", kVersion)));
  EXPECT_EQ(code_of_failure(), reason::kNoKernel.code);
  fs::remove_all(tree_.path("root/usr/lib/modules"));
  EXPECT_EQ(code_of_failure(), reason::kNoKernel.code);
  EXPECT_FALSE(fs::exists(tree_.path("root/usr/lib/cairn")));
  EXPECT_FALSE(fs::exists(tree_.path("root/usr/bin/cairn")));
  EXPECT_THAT(dracut_.commands, IsEmpty());
}

TEST_F(Init, WithoutInitramfsNeitherKernelNorDracutIsNeeded) {
  fs::remove_all(tree_.path("root"));
  fs::create_directory(tree_.path("root"));
  init_root({.root = tree_.path("root"), .program = tree_.path("program"), .initramfs = false}, dracut_);
  EXPECT_TRUE(fs::exists(tree_.path("root/usr/lib/cairn/cmdline")));
  EXPECT_FALSE(fs::exists(tree_.path("root/boot")));
}

TEST_F(Init, ARunningSystemIsNotAnImage) {
  EXPECT_NO_THROW(check_inside_image(tree_.path("root")));
  fs::create_directories(tree_.path("root/run/systemd/system"));
  EXPECT_THROW(check_inside_image(tree_.path("root")), Error);
}

}  // namespace
}  // namespace cairn::node
