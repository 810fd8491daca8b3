// SPDX-License-Identifier: Apache-2.0
#include "media/disk_image.h"

#include "boot/bootstate.h"
#include "boot/reset_request.h"
#include "core/digest.h"
#include "core/file.h"
#include "disk/reasons.h"
#include "disk/superblock.h"
#include "snapshot/manifest.h"
#include "support/sample_os.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace cairn::media {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr auto kAnyTree = [](const rootfs::Tree&) {};

class DiskImage : public ::testing::Test {
 protected:
  DiskImage() {
    std::string boot(512, 'b');
    boot.replace(510, 2, "\x55\xaa");
    tree_.write("loaders/i386-pc/boot.img", boot);
    tree_.write("loaders/i386-pc/core.img", std::string(5000, 'c'));
    tree_.write("loaders/x86_64-efi/BOOTX64.EFI", "loader");
    tree_.write("out/keep", "");
    tree_.write("90_site.yaml", "name: site\n");
  }

  MediumSpec spec() {
    return {.images = {open_sample_os(tree_, {sample_os_members()})},
            .squashfs = {.level = 1},
            .words = {"quiet"},
            .cloud_configs = {tree_.path("90_site.yaml")},
            .program_version = "test",
            .loaders = tree_.path("loaders")};
  }

  fs::path build(const DiskImageSpec& wanted, const std::string& name = "os.raw") {
    const fs::path out = tree_.path("out") / name;
    build_disk(spec(), wanted, out, kAnyTree, system_runner(), silent_progress(), {});
    return out;
  }

  disk::GptTable table_of(const fs::path& image) {
    disk::FileBlocks blocks(image);
    const disk::GptReading reading = disk::read_gpt_of_image(blocks);
    EXPECT_EQ(reading.primary_problem + reading.backup_problem, "");
    return reading.table;
  }

  // A partition as a file of its own.
  fs::path cut(const fs::path& image, unsigned number) {
    const disk::GptTable table = table_of(image);
    const disk::GptPartition& partition = table.partitions.at(number - 1);
    const std::uint64_t sector = table.geometry.sector_size;
    disk::FileBlocks blocks(image);
    std::string bytes((partition.last - partition.first + 1) * sector, '\0');
    blocks.read(partition.first * sector, std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
    return tree_.write("partition", bytes);
  }

  // A file as GRUB reads it.
  static std::string by_grub(const fs::path& partition, const std::string& path) {
    TextSink content;
    system_runner().run(
        {.program = "grub-fstest", .args = {partition.string(), "cat", "(loop0)" + path}, .output = &content});
    return content.take();
  }

  static Digest digest_of(const fs::path& file) {
    FileSource source(file);
    Hasher hasher;
    copy_all(source, hasher);
    return hasher.finish();
  }

  TempTree tree_;
};

constexpr unsigned kEsp = 2, kOem = 3, kRecovery = 4, kState = 5, kPersistent = 6;

TEST_F(DiskImage, LoaderFindsTwoSystemsAndTheBootState) {
  const fs::path image = build({});
  for (const unsigned number : {kState, kRecovery}) {
    const fs::path partition = cut(image, number);
    system_runner().run({.program = "e2fsck", .args = {"-fn", partition.string()}});
    EXPECT_EQ(by_grub(partition, "/.snapshots/1/vmlinuz"), "kernel");
    EXPECT_EQ(by_grub(partition, "/.snapshots/1/initrd"), "initramfs");
    EXPECT_THAT(by_grub(partition, "/.snapshots/1/cmdline"), HasSubstr("rd.emergency=reboot quiet\n"));
    const auto manifest = snapshot::parse_manifest(by_grub(partition, "/.snapshots/1/manifest.json"), "manifest");
    ASSERT_EQ(manifest.files.size(), 3U);
    for (const snapshot::FileRecord& file : manifest.files) {
      const std::string content = by_grub(partition, "/.snapshots/1/" + file.path);
      EXPECT_EQ(content.size(), file.size);
      EXPECT_EQ(sha256(as_bytes(content)).hex(), file.sha256);
    }
  }
  const fs::path esp = cut(image, kEsp);
  system_runner().run({.program = "fsck.vfat", .args = {"-n", esp.string()}});
  EXPECT_EQ(by_grub(esp, "/EFI/BOOT/BOOTX64.EFI"), "loader");
  EXPECT_THAT(by_grub(esp, "/boot/grub/grub.cfg"), HasSubstr("($disk,gpt5)/.snapshots"));
  const boot::Copies copies{.a = boot::parse(by_grub(esp, "/cairn/bootstate.a")),
                            .b = boot::parse(by_grub(esp, "/cairn/bootstate.b"))};
  ASSERT_TRUE(copies.a && copies.b);
  EXPECT_EQ(copies.current()->active, 1U);
  EXPECT_EQ(copies.current()->recovery, 1U);
  EXPECT_EQ(by_grub(cut(image, kOem), "/90_site.yaml"), "name: site\n");
  EXPECT_EQ(system_runner().run({.program = "sgdisk", .args = {"-v", image.string()}}).output.find("Problem"),
            std::string::npos);
}

TEST_F(DiskImage, RepeatsByteForByteAndIsSparse) {
  const fs::path first = build({}, "one.raw");
  const fs::path second = build({}, "two.raw");
  EXPECT_EQ(digest_of(first), digest_of(second));
  struct stat status {};
  ASSERT_EQ(::stat(first.c_str(), &status), 0);
  EXPECT_GT(status.st_size, 400 << 20);
  EXPECT_LT(status.st_blocks * 512, 40 << 20);
  EXPECT_THAT(read_file(first.string() + ".sha256", 200), HasSubstr(std::string(digest_of(first).hex()) + "  one.raw"));
}

TEST_F(DiskImage, AnotherSizeIsAnotherDisk) {
  const fs::path small = build({}, "small.raw");
  const fs::path large = build({.size = std::uint64_t{4} << 30}, "large.raw");
  EXPECT_EQ(fs::file_size(large), std::uint64_t{4} << 30);
  EXPECT_NE(table_of(small).disk_id, table_of(large).disk_id);
  const fs::path persistent = cut(small, kPersistent);
  disk::FileBlocks blocks(persistent);
  EXPECT_EQ(disk::probe_superblock(blocks)->label, "COS_PERSISTENT");
}

TEST_F(DiskImage, LargeSectorsAreForUefiOnly) {
  const fs::path image = build({.sector_size = 4096});
  EXPECT_EQ(table_of(image).geometry.sector_size, 4096U);
  EXPECT_EQ(by_grub(cut(image, kState), "/.snapshots/1/vmlinuz"), "kernel");
  system_runner().run({.program = "fsck.vfat", .args = {"-n", cut(image, kEsp).string()}});
  EXPECT_EQ(read_file(image, fs::file_size(image)).front(), '\0');  // no code for a BIOS
}

TEST_F(DiskImage, Qcow2HoldsTheSame) {
  const fs::path raw = build({});
  const fs::path qcow2 = build({.format = DiskFormat::qcow2}, "os.qcow2");
  EXPECT_LT(fs::file_size(qcow2), 40U << 20);
  EXPECT_THAT(system_runner().run({.program = "qemu-img", .args = {"compare", raw.string(), qcow2.string()}}).output,
              HasSubstr("identical"));
}

TEST_F(DiskImage, OneThatGrowsHoldsRecoveryAndAsksForAReset) {
  const fs::path whole = build({}, "whole.raw");
  const fs::path image = build({.grow = true});
  EXPECT_LT(fs::file_size(image), fs::file_size(whole) / 2);
  const disk::GptTable table = table_of(image);
  ASSERT_EQ(table.partitions.size(), 4U);
  EXPECT_NE(table.disk_id, table_of(whole).disk_id);
  EXPECT_EQ(by_grub(cut(image, kRecovery), "/.snapshots/1/vmlinuz"), "kernel");
  const fs::path esp = cut(image, kEsp);
  EXPECT_THAT(by_grub(esp, "/boot/grub/grub.cfg"), HasSubstr("($disk,gpt5)/.snapshots"));
  const auto state = boot::parse(by_grub(esp, "/cairn/bootstate.b"));
  ASSERT_TRUE(state);
  EXPECT_EQ(state->verdict, boot::Verdict::trying);
  EXPECT_EQ(state->tries, 0U);
  EXPECT_EQ(state->recovery, 1U);
  const fs::path oem = cut(image, kOem);
  EXPECT_TRUE(boot::parse_reset_request(by_grub(oem, "/cairn-reset.json"), "request").persistent);
  EXPECT_EQ(by_grub(oem, "/90_site.yaml"), "name: site\n");
}

TEST_F(DiskImage, TooSmallIsRefusedAndLeavesNothing) {
  try {
    build({.size = 100 << 20});
    FAIL() << "built";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, disk::reason::kDiskTooSmall.code);
  }
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(tree_.path("out"))) names.push_back(entry.path().filename());
  EXPECT_THAT(names, ElementsAre("keep"));
}

}  // namespace
}  // namespace cairn::media
