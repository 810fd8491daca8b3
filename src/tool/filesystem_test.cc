// SPDX-License-Identifier: Apache-2.0
#include "tool/filesystem.h"

#include "core/digest.h"
#include "core/file.h"
#include "core/reasons.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace cairn::tool {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TempTree;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr Extent kWhere{.offset = 3 * kMiB, .size = 80 * kMiB};
constexpr std::int64_t kTime = 1'700'000'000;

NewFileSystem file_system(const std::string& type) {
  return {.type = type,
          .label = "COS_TEST",
          .uuid = "12345678-1234-4321-8765-0123456789ab",
          .where = kWhere,
          .time = kTime};
}

std::string run(const std::string& program, std::vector<std::string> args) {
  return system_runner().run({.program = program, .args = std::move(args)}).output;
}

class FileSystemInDisk : public ::testing::Test {
 protected:
  fs::path make(const std::string& name, const NewFileSystem& wanted) {
    const fs::path disk = tree_.write(name, "");
    fs::resize_file(disk, 90 * kMiB);
    system_runner().run(make_filesystem_command(disk, wanted));
    return disk;
  }

  FileMap files() {
    return {{"boot/grub/grub.cfg", tree_.write("grub.cfg", "set x=1\n")},
            {".snapshots/1/rootfs.squashfs", tree_.write("rootfs", std::string(3 * kMiB + 17, 'r'))},
            {"top file", tree_.write("top", "top")}};
  }

  Digest digest(const fs::path& disk) { return sha256(as_bytes(read_file(disk, 100 * kMiB))); }

  // The piece as a file of its own, for programs that don't know offsets.
  fs::path cut(const fs::path& disk) {
    const std::string bytes = read_file(disk, 100 * kMiB);
    return tree_.write("piece", std::string_view(bytes).substr(kWhere.offset, kWhere.size));
  }

  TempTree tree_;
};

TEST_F(FileSystemInDisk, ExtIsSoundAndHoldsTheFiles) {
  const fs::path disk = make("disk", file_system("ext4"));
  fill_ext(disk, kWhere, files(), kTime, system_runner());
  const std::string piece = cut(disk).string();
  run("e2fsck", {"-f", "-n", piece});
  const std::string cat = run("debugfs", {"-R", "cat /boot/grub/grub.cfg", piece});
  EXPECT_EQ(cat, "set x=1\n");
  EXPECT_EQ(run("debugfs", {"-R", "cat \"/top file\"", piece}), "top");
  const std::string stat = run("debugfs", {"-R", "stat /boot/grub/grub.cfg", piece});
  EXPECT_THAT(stat, HasSubstr("Mode:  0644"));
  EXPECT_THAT(stat, HasSubstr("User:     0   Group:     0"));
}

TEST_F(FileSystemInDisk, LoaderReadsExt) {
  if (!find_program("grub-fstest")) GTEST_SKIP() << "grub-fstest is not installed";
  const fs::path disk = make("disk", file_system("ext4"));
  fill_ext(disk, kWhere, files(), kTime, system_runner());
  TextSink content;
  system_runner().run({.program = "grub-fstest",
                       .args = {cut(disk).string(), "cat", "(loop0)/.snapshots/1/rootfs.squashfs"},
                       .output = &content});
  EXPECT_EQ(content.text(), std::string(3 * kMiB + 17, 'r'));
}

TEST_F(FileSystemInDisk, ExtRepeatsByteForByte) {
  const fs::path first = make("first", file_system("ext4"));
  fill_ext(first, kWhere, files(), kTime, system_runner());
  const fs::path second = make("second", file_system("ext4"));
  const FileMap again = files();  // with new times
  ::chmod(again.at("top file").c_str(), 0600);
  fill_ext(second, kWhere, again, kTime, system_runner());
  EXPECT_EQ(digest(first), digest(second));
}

TEST_F(FileSystemInDisk, FatRepeatsAndIsSound) {
  const auto build = [&](const std::string& name) {
    const fs::path disk = make(name, file_system("vfat"));
    fs::create_directory(tree_.path("scratch-" + name));
    fill_fat(disk, kWhere, files(), kTime, tree_.path("scratch-" + name), system_runner());
    return disk;
  };
  const fs::path first = build("first");
  EXPECT_EQ(digest(first), digest(build("second")));
  run("fsck.vfat", {"-n", cut(first).string()});
  EXPECT_EQ(run("mtype", {"-i", first.string() + "@@3M", "::/boot/grub/grub.cfg"}), "set x=1\n");
  EXPECT_THAT(read_file(cut(first), kWhere.size).substr(82, 8), "FAT32   ");
}

TEST_F(FileSystemInDisk, FatOfLargeSectorsIsSound) {
  NewFileSystem wanted = file_system("vfat");
  wanted.sector_size = 4096;
  const fs::path disk = make("disk", wanted);
  fs::create_directory(tree_.path("scratch"));
  fill_fat(disk, kWhere, files(), kTime, tree_.path("scratch"), system_runner());
  run("fsck.vfat", {"-n", cut(disk).string()});
  EXPECT_EQ(run("mtype", {"-i", disk.string() + "@@3M", "::/boot/grub/grub.cfg"}), "set x=1\n");
}

TEST_F(FileSystemInDisk, NothingOutsideThePieceIsTouched) {
  for (const char* type : {"ext4", "vfat"}) {
    const fs::path disk = tree_.write("disk", std::string(90 * kMiB, '#'));
    system_runner().run(make_filesystem_command(disk, file_system(type)));
    const std::string bytes = read_file(disk, 100 * kMiB);
    ASSERT_EQ(bytes.size(), 90 * kMiB);
    EXPECT_EQ(bytes.find_first_not_of('#'), kWhere.offset) << type;
    EXPECT_LT(bytes.find_last_not_of('#'), kWhere.offset + kWhere.size) << type;
  }
}

TEST_F(FileSystemInDisk, WhatDebugfsComplainsOfIsAnError) {
  const fs::path disk = make("disk", file_system("ext4"));
  const fs::path huge = tree_.write("huge", "");
  fs::resize_file(huge, 1);
  tree_.write("large", std::string(90 * kMiB, 'x'));
  try {
    fill_ext(disk, kWhere, {{"large", tree_.path("large")}}, kTime, system_runner());
    FAIL() << "90 MiB fit into 80";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, cairn::reason::kToolFailed.code);
  }
  EXPECT_THROW(fill_ext(disk, kWhere, {{"a", "/no/such/file"}}, kTime, system_runner()), Error);
  EXPECT_THROW(fill_ext(disk, kWhere, {{"a\nb", huge}}, kTime, system_runner()), Error);
}

TEST_F(FileSystemInDisk, ExtGrowsAndIsRepaired) {
  NewFileSystem small = file_system("ext4");
  small.where = {.offset = 0, .size = 16 * kMiB};
  const fs::path disk = make("disk", small);
  grow_ext(disk, system_runner());
  EXPECT_THAT(run("dumpe2fs", {"-h", disk.string()}), HasSubstr("Block count:              23040"));
  // The state is "has errors", as after the kernel met one.
  run("debugfs", {"-w", "-R", "set_super_value state 2", disk.string()});
  check_ext(disk, system_runner());
  EXPECT_THAT(run("dumpe2fs", {"-h", disk.string()}), HasSubstr("clean\n"));
}

}  // namespace
}  // namespace cairn::tool
