// SPDX-License-Identifier: Apache-2.0
#include "disk/superblock.h"

#include "core/process.h"
#include "support/temp_tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

namespace cairn::disk {
namespace {

using testing::TempTree;

constexpr std::uint64_t kSize = 64 << 20;

// What the usual programs write is recognised with label and UUID.
struct Kind {
  const char* name;
  std::vector<std::string> command;  // the image's path is appended
  Superblock expected;
};

class Probe : public ::testing::TestWithParam<Kind> {};

TEST_P(Probe, KnowsWhatProgramsWrite) {
  const TempTree tree;
  const std::string path = tree.write("image", "").string();
  std::filesystem::resize_file(path, kSize);
  std::vector<std::string> args(GetParam().command.begin() + 1, GetParam().command.end());
  args.push_back(path);
  if (!find_program(GetParam().command.front())) GTEST_SKIP() << GetParam().command.front() << " is not installed";
  system_runner().run({.program = GetParam().command.front(), .args = args});
  FileBlocks blocks(path);
  EXPECT_EQ(probe_superblock(blocks), GetParam().expected);
}

constexpr const char* kUuid = "12345678-1234-4321-8765-0123456789ab";
std::vector<std::string> mke2fs(const std::string& type) {
  return {"mke2fs", "-q", "-F", "-t", type, "-L", "SOME_LABEL", "-U", kUuid};
}

const Kind kKinds[] = {
    {"ext2", mke2fs("ext2"), {.type = "ext2", .label = "SOME_LABEL", .uuid = kUuid, .size = kSize}},
    {"ext3", mke2fs("ext3"), {.type = "ext3", .label = "SOME_LABEL", .uuid = kUuid, .size = kSize}},
    {"ext4", mke2fs("ext4"), {.type = "ext4", .label = "SOME_LABEL", .uuid = kUuid, .size = kSize}},
    {"fat16",
     {"mkfs.vfat", "-F", "16", "-i", "1234abcd", "-n", "COS_GRUB"},
     {.type = "vfat", .label = "COS_GRUB", .uuid = "1234-ABCD"}},
    {"fat32", {"mkfs.vfat", "-F", "32", "-i", "0034abcd"}, {.type = "vfat", .label = "", .uuid = "0034-ABCD"}},
    {"swap", {"mkswap", "-L", "swappy", "-U", kUuid}, {.type = "swap", .label = "swappy", .uuid = kUuid}},
};
INSTANTIATE_TEST_SUITE_P(Superblock, Probe, ::testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(Superblock, KnowsIsoAndSquashfs) {
  const TempTree tree;
  tree.write("root/file", "content");
  const std::string iso = tree.path("an.iso").string();
  system_runner().run({.program = "xorriso",
                       .args = {"-as", "mkisofs", "-quiet", "-o", iso, "-V", "COS_LIVE",
                                "--modification-date=2026010203040506", tree.path("root").string()}});
  FileBlocks iso_blocks(iso);
  EXPECT_EQ(probe_superblock(iso_blocks),
            (Superblock{.type = "iso9660", .label = "COS_LIVE", .uuid = "2026-01-02-03-04-05-06"}));
  const std::string squashfs = tree.path("a.squashfs").string();
  system_runner().run(
      {.program = "mksquashfs", .args = {tree.path("root").string(), squashfs, "-quiet", "-no-progress"}});
  FileBlocks squashfs_blocks(squashfs);
  EXPECT_EQ(probe_superblock(squashfs_blocks), (Superblock{.type = "squashfs"}));
}

TEST(Superblock, NothingInNothingOfAnySize) {
  const std::string zeros(70'000, '\0');
  for (const std::size_t size : {0UL, 1UL, 511UL, 512UL, 1080UL, 4096UL, 34'000UL, 70'000UL}) {
    MemoryBlocks blocks(as_bytes(std::string_view(zeros).substr(0, size)));
    EXPECT_EQ(probe_superblock(blocks), std::nullopt) << size;
  }
}

TEST(Superblock, ALabelIsNotReadBeyondItsField) {
  std::string disk(4096, 'x');
  disk.replace(1024 + 0x38, 2, "\x53\xef");
  MemoryBlocks blocks(as_bytes(disk));
  EXPECT_EQ(probe_superblock(blocks)->label, std::string(16, 'x'));
}

}  // namespace
}  // namespace cairn::disk
