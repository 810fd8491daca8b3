// SPDX-License-Identifier: Apache-2.0
// A layout on a real block device: what the kernel makes of it.
#include "core/file.h"
#include "disk/apply.h"
#include "disk/facts.h"
#include "disk/grow.h"
#include "disk/mount.h"
#include "disk/reasons.h"
#include "support/temp_tree.h"
#include "tool/filesystem.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TempTree;

class LoopDisk : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
    if (!fs::exists("/dev/loop-control")) GTEST_SKIP() << "this kernel has no loop devices";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  }

  LoopDevice insert_disk() {
    const fs::path file = tree_.write("disk", "");
    fs::resize_file(file, kSize);
    return LoopDevice(file, LoopDevice::Access::read_write, GetParam());
  }

  DiskLayout plan() {
    RandomGuids guids;
    LayoutSpec spec{.system_size = 10 * kMiB, .compact = true};
    return plan_layout(spec, {.size = kSize, .sector_size = GetParam()}, guids);
  }

  static constexpr std::uint64_t kSize = 600 * kMiB;
  TempTree tree_;
};
INSTANTIATE_TEST_SUITE_P(Sectors, LoopDisk, ::testing::Values(512U, 4096U), ::testing::PrintToStringParamName());

TEST_P(LoopDisk, KernelSeesThePartitionsAndMountsThem) {
  const LoopDevice disk = insert_disk();
  const DiskLayout layout = plan();
  apply_layout(layout, {.device = disk.path()}, system_effects());
  verify_layout(layout, disk.path());
  reload_partitions(layout, disk.path(), system_clock(), {});

  DiskFacts facts = get_disk(disk.path(), {});
  EXPECT_EQ(facts.geometry(), layout.geometry);
  EXPECT_TRUE(facts.holds_our_os());
  EXPECT_EQ(facts.table_problem, "");
  for (const PlannedPartition& partition : layout.partitions) {
    const PartitionFacts* found = facts.find(partition.role);
    ASSERT_NE(found, nullptr) << partition.name;
    EXPECT_EQ(found->id, partition.id);
    EXPECT_EQ(found->size, partition.size);
    EXPECT_EQ(found->content ? found->content->label : "", partition.label);
  }
  require_unused(facts);

  Mounts mounts;
  for (const Role role : {Role::state, Role::oem}) {  // FAT is not in every kernel
    const PartitionFacts* partition = facts.find(role);
    const fs::path target = tree_.path(to_string(role));
    mounts.add({.source = partition->device, .target = target, .type = "ext4"});
    atomic_write(target / "hello", as_bytes("written"));
  }
  facts = get_disk(disk.path(), {});
  try {
    require_unused(facts);
    ADD_FAILURE() << "a mounted disk may be overwritten";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kDiskInUse.code);
    EXPECT_THAT(error.what(), HasSubstr("is mounted at " + tree_.path("state").string()));
  }
  mounts.close();
  require_unused(get_disk(disk.path(), {}));
  mounts.add(
      {.source = facts.find(Role::state)->device, .target = tree_.path("state"), .type = "ext4", .flags = MS_RDONLY});
  EXPECT_EQ(read_file(tree_.path("state/hello"), 100), "written");
}

// An image on a larger disk, its recovery and configuration in use, as they are while it grows.
TEST_P(LoopDisk, AMountedDiskGrows) {
  const LoopDevice disk = insert_disk();
  const DiskLayout cut = cut_behind_recovery(plan());
  apply_layout(cut, {.device = disk.path()}, system_effects());
  reload_partitions(cut, disk.path(), system_clock(), {});
  Mounts mounts;
  const DiskFacts before = get_disk(disk.path(), {});
  for (const Role role : {Role::oem, Role::recovery}) {
    mounts.add({.source = before.find(role)->device, .target = tree_.path(to_string(role)), .type = "ext4"});
  }
  FileBlocks blocks(disk.path());
  const GptReading found = read_gpt(blocks, GetParam());
  RandomGuids guids;
  const LayoutSpec spec{.system_size = 10 * kMiB};
  const GptTable grown = plan_growth(found, spec, before.geometry(), guids).value();
  apply_growth(found.table, grown, disk.path(), system_effects());
  verify_table(grown, disk.path());
  for (int again = 0; again < 2; ++again) update_partitions(grown, disk.path(), system_clock(), {});

  DiskFacts facts = get_disk(disk.path(), {});
  ASSERT_EQ(facts.partitions.size(), grown.partitions.size());
  for (const GptPartition& partition : grown.partitions) {
    const PartitionFacts& seen = facts.partitions.at(partition.number - 1);
    EXPECT_EQ(seen.size, (partition.last - partition.first + 1) * GetParam()) << partition.name;
    EXPECT_EQ(seen.id, partition.id);
  }
  const PartitionFacts* recovery = facts.find(Role::recovery);
  ASSERT_GT(recovery->size, before.find(Role::recovery)->size);
  EXPECT_EQ(recovery->content->size, before.find(Role::recovery)->size);
  mounts.close();  // to grow while mounted needs CAP_SYS_RESOURCE, which containers lack
  tool::grow_ext(recovery->device, system_runner());
  facts = get_disk(disk.path(), {});
  EXPECT_EQ(facts.find(Role::recovery)->content->size, facts.find(Role::recovery)->size);
}

TEST_P(LoopDisk, AnotherLayoutTakesThePlaceOfTheOld) {
  const LoopDevice disk = insert_disk();
  for (int i = 0; i < 2; ++i) {
    const DiskLayout layout = plan();
    apply_layout(layout, {.device = disk.path()}, system_effects());
    reload_partitions(layout, disk.path(), system_clock(), {});
    EXPECT_EQ(get_disk(disk.path(), {}).find(Role::state)->id, layout.get(Role::state).id);
  }
}

TEST_P(LoopDisk, UnmountingWhatIsInUseIsAnError) {
  const LoopDevice disk = insert_disk();
  const DiskLayout layout = plan();
  apply_layout(layout, {.device = disk.path()}, system_effects());
  reload_partitions(layout, disk.path(), system_clock(), {});
  Mounts mounts;
  mounts.add({.source = partition_device(disk.path(), layout.get(Role::oem).number),
              .target = tree_.path("oem"),
              .type = "ext4"});
  const UniqueFd user(::open(tree_.path("oem").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_THROW(mounts.close(), Error);
}

TEST_P(LoopDisk, WhatHoldsNoFileSystemIsNotMounted) {
  const LoopDevice disk = insert_disk();
  Mounts mounts;
  try {
    mounts.add({.source = disk.path(), .target = tree_.path("x"), .type = "ext4"});
    FAIL() << "mounted";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kNotMountable.code);
  }
}

}  // namespace
}  // namespace cairn::disk
