// SPDX-License-Identifier: Apache-2.0
#include "disk/apply.h"

#include "core/digest.h"
#include "core/file.h"
#include "disk/little_endian.h"
#include "disk/reasons.h"
#include "disk/superblock.h"
#include "support/forwarding_effects.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TempTree;

constexpr std::uint64_t kSize = 270 * kMiB;

// A small layout; `sector_size` of the disk.
DiskLayout small_layout(std::uint32_t sector_size = 512, const std::string& seed = "new") {
  LayoutSpec spec;
  spec.recovery.size = 32 * kMiB;
  spec.state.size = 64 * kMiB;
  spec.persistent.size = 32 * kMiB;
  spec.extra = {{.name = "raw", .size = kMiB, .file_system = FileSystem::none}};
  SeededGuids guids(seed);
  return plan_layout(spec, {.size = kSize, .sector_size = sector_size}, guids);
}

// Passes acts on until one, by number from 0, from which on nothing happens any more: a machine that lost its power.
class CutEffects final : public testing::ForwardingEffects {
 public:
  explicit CutEffects(int acts) : ForwardingEffects(system_effects()), left_(acts) {}
  struct PowerCut {};

  void write(Handle file, std::uint64_t offset, Bytes data) override {
    act();
    next_.write(file, offset, data);
  }
  void sync(Handle file) override {
    act();
    next_.sync(file);
  }
  void run(const Command& command) override {
    act();
    next_.run(command);
  }

 private:
  void act() {
    if (left_-- <= 0) throw PowerCut{};
  }
  int left_;
};

class Apply : public ::testing::Test {
 protected:
  fs::path empty_disk(const std::string& name = "disk") {
    const fs::path path = tree_.write(name, "");
    fs::resize_file(path, kSize);
    return path;
  }

  static GptReading table_of(const fs::path& disk) {
    FileBlocks blocks(disk);
    return read_gpt_of_image(blocks);
  }

  // One partition as a file.
  fs::path cut(const fs::path& disk, const PlannedPartition& partition) {
    FileBlocks blocks(disk);
    std::string bytes(partition.size, '\0');
    blocks.read(partition.offset, std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
    return tree_.write("partition", bytes);
  }

  TempTree tree_;
};

class ApplySectors : public Apply, public ::testing::WithParamInterface<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Apply, ApplySectors, ::testing::Values(512U, 4096U), ::testing::PrintToStringParamName());

TEST_P(ApplySectors, AnOldDiskBecomesTheLayout) {
  const fs::path disk = empty_disk();
  const DiskLayout layout = small_layout(GetParam());
  {  // what was there before: an ext4 on the whole disk, and one where the raw partition will be
    system_runner().run({.program = "mke2fs", .args = {"-q", "-F", disk.string()}});
    const PlannedPartition& raw = layout.partitions.back();
    system_runner().run({.program = "mke2fs",
                         .args = {"-q", "-F", "-E", "offset=" + std::to_string(raw.offset), disk.string(), "1024"}});
  }
  apply_layout(layout, {.device = disk}, system_effects());
  verify_layout(layout, disk);
  for (const PlannedPartition& partition : layout.partitions) {
    const fs::path piece = cut(disk, partition);
    FileBlocks blocks(piece);
    const auto found = probe_superblock(blocks);
    ASSERT_EQ(found.has_value(), partition.file_system != FileSystem::none) << partition.name;
    if (!found) continue;
    EXPECT_EQ(found->type, to_string(partition.file_system));
    EXPECT_EQ(found->label, partition.label);
    const bool fat = found->type == "vfat";
    if (!fat) {
      EXPECT_EQ(found->uuid, partition.file_system_id.text());
    }
    system_runner().run({.program = fat ? "fsck.vfat" : "e2fsck", .args = {fat ? "-n" : "-fn", piece.string()}});
  }
  if (GetParam() == 512) {
    EXPECT_THAT(system_runner().run({.program = "sgdisk", .args = {"-v", disk.string()}}).output,
                HasSubstr("No problems found"));
  }
}

TEST_F(Apply, RepeatsByteForByte) {
  const auto build = [&](const std::string& name) {
    const fs::path disk = empty_disk(name);
    apply_layout(small_layout(), {.device = disk, .is_empty = true, .time = 1'700'000'000}, system_effects());
    FileSource source(disk);
    Hasher hasher;
    copy_all(source, hasher);
    return hasher.finish();
  };
  EXPECT_EQ(build("one"), build("two"));
}

// Cut after any act there is the old table with nothing changed, none, or the new one with all its file systems.
TEST_F(Apply, APowerCutLeavesNoHalfTable) {
  const fs::path disk = empty_disk();
  const DiskLayout old_layout = small_layout(512, "old");
  const DiskLayout layout = small_layout();
  bool finished = false;
  int blank = 0;
  for (int acts = 0; !finished; ++acts) {
    fs::resize_file(disk, 0);
    fs::resize_file(disk, kSize);
    apply_layout(old_layout, {.device = disk, .is_empty = true}, system_effects());
    CutEffects effects(acts);
    try {
      apply_layout(layout, {.device = disk}, effects);
      finished = true;
    } catch (const CutEffects::PowerCut&) {  // what the test is about
    }
    FileBlocks blocks(disk);
    std::string first(512, '\0');
    blocks.read(0, std::as_writable_bytes(std::span(first.data(), first.size())));
    const bool has_mbr = first.substr(510) == "\x55\xaa";
    if (!has_mbr) {
      ++blank;
      continue;
    }
    const GptTable table = table_of(disk).table;
    if (table == to_gpt(old_layout)) {
      EXPECT_LE(acts, 1) << "the old table outlived what it names";
    } else {
      EXPECT_EQ(table, to_gpt(layout));
      verify_layout(layout, disk);
    }
  }
  EXPECT_GT(blank, 10);
}

TEST_F(Apply, AToolThatFailsIsNamedWithItsPartition) {
  DiskLayout layout = small_layout();
  layout.partitions[1].label = "much too long for FAT";
  const fs::path disk = empty_disk();
  try {
    apply_layout(layout, {.device = disk}, system_effects());
    FAIL() << "applied";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("making vfat on partition 2"));
  }
  EXPECT_THROW(table_of(disk), Error);
}

TEST_F(Apply, VerifySeesATableThatIsNotThere) {
  const fs::path disk = empty_disk();
  EXPECT_THROW(verify_layout(small_layout(), disk), Error);
}

TEST_F(Apply, BiosLoaderGoesWhereGrubLooks) {
  const fs::path disk = empty_disk();
  const DiskLayout layout = small_layout();
  apply_layout(layout, {.device = disk, .is_empty = true}, system_effects());
  std::string boot(512, 'b');
  boot.replace(510, 2, "\x55\xaa");
  write_bios_loader(layout, {.boot_image = boot, .core_image = std::string(3 * 512 + 1, 'c')}, disk, system_effects());
  verify_layout(layout, disk);
  FileBlocks blocks(disk);
  std::string head(kMiB + 5 * 512, '\0');
  blocks.read(0, std::as_writable_bytes(std::span(head.data(), head.size())));
  EXPECT_EQ(load_le<std::uint64_t>(as_bytes(head), 0x5c), 2048U);
  EXPECT_EQ(head[0x64], '\xff');
  EXPECT_EQ(head.substr(0x66, 2), "\x90\x90");
  EXPECT_EQ(head.substr(0, 0x5c), std::string(0x5c, 'b'));
  EXPECT_EQ(head[439], 'b');
  EXPECT_EQ(head[440], '\0');
  EXPECT_EQ(load_le<std::uint64_t>(as_bytes(head), kMiB + 0x1f4), 2049U);
  EXPECT_EQ(head.substr(kMiB + 3 * 512, 2), std::string("c\0", 2));
}

TEST_F(Apply, WhatIsNotGrubsIsRefusedBeforeAnythingIsWritten) {
  const fs::path disk = empty_disk();
  const DiskLayout layout = small_layout();
  EXPECT_THROW(
      write_bios_loader(layout, {.boot_image = "short", .core_image = std::string(2000, 'c')}, disk, system_effects()),
      Error);
  std::string boot(512, 'b');
  boot.replace(510, 2, "\x55\xaa");
  EXPECT_THROW(
      write_bios_loader(layout, {.boot_image = boot, .core_image = std::string(2 * kMiB, 'c')}, disk, system_effects()),
      Error);
  FileBlocks blocks(disk);
  std::string head(3 * kMiB, 'x');
  blocks.read(0, std::as_writable_bytes(std::span(head.data(), head.size())));
  EXPECT_EQ(head.find_first_not_of('\0'), std::string::npos);
}

TEST(PartitionDevice, FollowsTheKernelsNames) {
  EXPECT_EQ(partition_device("/dev/sda", 2), "/dev/sda2");
  EXPECT_EQ(partition_device("/dev/nvme0n1", 2), "/dev/nvme0n1p2");
  EXPECT_EQ(partition_device("/dev/mmcblk0", 11), "/dev/mmcblk0p11");
}

}  // namespace
}  // namespace cairn::disk
