// SPDX-License-Identifier: Apache-2.0
#include "disk/facts.h"

#include "core/process.h"
#include "disk/reasons.h"
#include "support/temp_tree.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempTree;

// A machine's sysfs, procfs and device nodes in a folder; disks are files with real partition tables.
class Machine : public ::testing::Test {
 protected:
  SystemPaths paths() const {
    return {
        .sys = fs::canonical(tree_.path("sys")), .proc = tree_.path("proc"), .dev = fs::canonical(tree_.path("dev"))};
  }

  void SetUp() override {
    tree_.write("sys/class/block/.keep", "");
    tree_.write("dev/.keep", "");
    tree_.write("proc/self/mountinfo", "22 1 0:21 / / rw - tmpfs none rw\n");
  }

  // As the kernel shows it: the device in a tree of its own, a link to it in class/block.
  void add_block(const std::string& name, const std::string& where, std::uint64_t size, const std::string& number) {
    const std::string folder = "sys/devices/" + where + "/" + name;
    tree_.write(folder + "/size", fmt::format("{}\n", size / 512));
    tree_.write(folder + "/ro", "0\n");
    tree_.write(folder + "/dev", number + "\n");
    tree_.write(folder + "/holders/.keep", "");
    fs::remove(tree_.path(folder + "/holders/.keep"));
    fs::create_directory_symlink(tree_.path(folder), tree_.path("sys/class/block/" + name));
  }

  // A disk with the layout of a machine of ours, its GUIDs from `seed`.
  DiskLayout add_disk(const std::string& name, const std::string& seed, const std::string& major = "8") {
    constexpr std::uint64_t kSize = 8192 * kMiB;
    add_block(name, "pci0000:00/block", kSize, major + ":0");
    const std::string folder = "sys/devices/pci0000:00/block/" + name;
    tree_.write(folder + "/queue/logical_block_size", "512\n");
    tree_.write(folder + "/device/model", "QEMU HARDDISK   \n");
    tree_.write(folder + "/removable", "0\n");
    SeededGuids guids(seed);
    DiskLayout layout = plan_layout({.system_size = 100 * kMiB}, {.size = kSize}, guids);
    write_table(name, to_gpt(layout));
    for (const PlannedPartition& partition : layout.partitions) {
      const std::string part = partition_name(name, partition.number);
      add_block(part, "pci0000:00/block/" + name, partition.size, fmt::format("{}:{}", major, partition.number));
      tree_.write(folder + "/" + part + "/partition", fmt::format("{}\n", partition.number));
      tree_.write(folder + "/" + part + "/uevent", fmt::format("DEVTYPE=partition\nPARTNAME={}\n", partition.name));
      tree_.write("dev/" + part, "");
    }
    return layout;
  }

  void write_table(const std::string& name, const GptTable& table) {
    const GptBytes bytes = compose_gpt(table);
    const fs::path path = tree_.write("dev/" + name, bytes.head);
    fs::resize_file(path, table.geometry.size);
  }

  static std::string partition_name(const std::string& disk, unsigned number) {
    return fmt::format("{}{}{}", disk, disk.back() >= '0' && disk.back() <= '9' ? "p" : "", number);
  }

  TempTree tree_;
};

TEST_F(Machine, ADiskIsDescribed) {
  const DiskLayout layout = add_disk("sda", "one");
  tree_.write("sys/devices/pci0000:00/block/sda/device/serial", " S123\n");
  const std::vector<DiskFacts> disks = find_disks(paths());
  ASSERT_EQ(disks.size(), 1U);
  const DiskFacts& disk = disks[0];
  EXPECT_EQ(disk.name, "sda");
  EXPECT_EQ(disk.device, paths().dev / "sda");
  EXPECT_EQ(disk.geometry(), layout.geometry);
  EXPECT_EQ(disk.model, "QEMU HARDDISK");
  EXPECT_EQ(disk.serial, "S123");
  EXPECT_TRUE(disk.readable);
  EXPECT_TRUE(disk.holds_our_os());
  EXPECT_THAT(disk.table_problem, HasSubstr("at the end"));  // only the head was written
  ASSERT_NE(disk.find(Role::state), nullptr);
  EXPECT_EQ(disk.find(Role::state)->name, "sda5");
  EXPECT_EQ(disk.find(Role::state)->id, layout.get(Role::state).id);
  require_unused(disk);
}

TEST_F(Machine, ADiskThatHasNotGrownYetIsOursToo) {
  add_disk("sda", "one");
  DiskFacts disk = get_disk(paths().dev / "sda", paths());
  const auto drop = [&](Role role) {
    std::erase_if(disk.partitions, [&](const PartitionFacts& one) { return one.role() == role; });
  };
  drop(Role::state);
  drop(Role::persistent);
  EXPECT_TRUE(disk.holds_our_os());
  drop(Role::recovery);
  EXPECT_FALSE(disk.holds_our_os());
}

TEST_F(Machine, NamesThatEndInDigitsHavePartitionsToo) {
  add_disk("nvme0n1", "one", "259");
  const DiskFacts disk = get_disk(paths().dev / "nvme0n1", paths());
  EXPECT_EQ(disk.find(Role::persistent)->device, paths().dev / "nvme0n1p6");
}

TEST_F(Machine, WhatIsNoDiskToInstallOnIsLeftOut) {
  add_disk("vda", "one");
  add_block("loop0", "virtual/block", 1 << 20, "7:0");
  add_block("dm-0", "virtual/block", 1 << 20, "253:0");
  add_block("sdb", "pci0000:00/block", 0, "8:16");
  add_block("sr0", "pci0000:00/block", 1 << 20, "11:0");
  tree_.write("sys/devices/pci0000:00/block/sr0/device/type", "5\n");
  const std::vector<DiskFacts> disks = find_disks(paths());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].name, "vda");
}

TEST_F(Machine, UsesAreFoundAndRefused) {
  add_disk("sda", "one");
  tree_.write("proc/self/mountinfo",
              "22 1 8:5 / /run/a\\040place rw shared:1 - ext4 /dev/sda5 rw\n"
              "23 1 0:40 / /data rw - btrfs " +
                  (paths().dev / "sda6").string() + " rw\n");
  tree_.write("proc/swaps",
              "Filename Type Size Used Priority\n" + (paths().dev / "sda3").string() + " partition 1 0 -2\n");
  tree_.write("sys/devices/pci0000:00/block/sda/sda4/holders/dm-3", "");
  const DiskFacts disk = get_disk(paths().dev / "sda", paths());
  EXPECT_THAT(disk.find(Role::state)->mounted_at, ElementsAre("/run/a place"));
  EXPECT_THAT(disk.find(Role::persistent)->mounted_at, ElementsAre("/data"));
  try {
    require_unused(disk);
    FAIL() << "it may be overwritten";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kDiskInUse.code);
    EXPECT_THAT(error.what(), HasSubstr("sda5 is mounted at /run/a place"));
    EXPECT_THAT(error.what(), HasSubstr("sda6 is mounted at /data"));
    EXPECT_THAT(error.what(), HasSubstr("sda3 is swap"));
    EXPECT_THAT(error.what(), HasSubstr("sda4 is part of dm-3"));
  }
}

TEST_F(Machine, AReadOnlyDiskIsRefused) {
  add_disk("sda", "one");
  tree_.write("sys/devices/pci0000:00/block/sda/ro", "1\n");
  try {
    require_unused(get_disk(paths().dev / "sda", paths()));
    FAIL() << "it may be overwritten";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kDiskReadOnly.code);
  }
}

TEST_F(Machine, TheBootDiskIsFoundByItsPartitionNotByLabels) {
  add_disk("sda", "foreign");
  const DiskLayout own = add_disk("vdb", "own", "254");
  const std::vector<DiskFacts> disks = find_disks(paths());
  EXPECT_EQ(get_boot_disk(disks, own.get(Role::esp).id).name, "vdb");
}

TEST_F(Machine, ADiskAndItsCloneAreRefusedUnlessOneIsNamed) {
  const DiskLayout own = add_disk("sda", "same");
  add_disk("sdb", "same", "9");
  const std::vector<DiskFacts> disks = find_disks(paths());
  for (const DiskFacts& disk : disks) EXPECT_EQ(&get_boot_disk(disks, own.get(Role::esp).id, disk.device), &disk);
  try {
    get_boot_disk(find_disks(paths()), own.get(Role::esp).id);
    FAIL() << "one of two was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kDiskTwice.code);
    EXPECT_THAT(error.what(), HasSubstr("sda"));
    EXPECT_THAT(error.what(), HasSubstr("sdb"));
  }
}

TEST_F(Machine, AMissingBootDiskIsNamedWithThoseThatAreThere) {
  add_disk("sda", "foreign");
  try {
    get_boot_disk(find_disks(paths()), kLinuxDataType);
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kNoDisk.code);
    EXPECT_THAT(error.what(), HasSubstr("/dev/sda"));
  }
}

TEST_F(Machine, WhatIsNoWholeDiskIsRefused) {
  add_disk("sda", "one");
  tree_.write("dev/null", "");
  for (const char* name : {"sda5", "null", "sdz"}) EXPECT_THROW(get_disk(paths().dev / name, paths()), Error) << name;
  EXPECT_THROW(get_disk(tree_.write("elsewhere", ""), paths()), Error);
}

TEST_F(Machine, ALinkToADiskIsFollowed) {
  add_disk("sda", "one");
  fs::create_symlink(paths().dev / "sda", tree_.path("dev/by-something"));
  EXPECT_EQ(get_disk(tree_.path("dev/by-something"), paths()).name, "sda");
}

TEST_F(Machine, ADiskWithoutTableIsNotOurs) {
  add_block("sda", "pci0000:00/block", 4 * kMiB, "8:0");
  tree_.write("dev/sda", std::string(4 * kMiB, '\0'));
  const DiskFacts disk = get_disk(paths().dev / "sda", paths());
  EXPECT_FALSE(disk.holds_our_os());
  EXPECT_THAT(disk.table_problem, IsEmpty());
  EXPECT_TRUE(disk.readable);
}

TEST_F(Machine, FirmwareIsKnownByItsFolder) {
  EXPECT_EQ(find_firmware(paths()), Firmware::bios);
  tree_.write("sys/firmware/efi/systab", "");
  EXPECT_EQ(find_firmware(paths()), Firmware::uefi);
}

}  // namespace
}  // namespace cairn::disk
