// SPDX-License-Identifier: Apache-2.0
#include "disk/gpt.h"

#include "core/process.h"
#include "core/text.h"
#include "disk/layout.h"
#include "disk/reasons.h"
#include "support/temp_tree.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cairn::disk {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempTree;

GptTable sample_table(const Geometry& geometry) {
  SeededGuids guids("sample");
  GptTable table = make_gpt(geometry, guids.make("disk"));
  const std::uint64_t mib = kMiB / geometry.sector_size;
  table.partitions = {
      {.number = 1, .type = kBiosBootType, .id = guids.make("1"), .first = mib, .last = 2 * mib - 1, .name = "bios"},
      {.number = 2,
       .type = kEfiSystemType,
       .id = guids.make("2"),
       .first = 2 * mib,
       .last = 6 * mib - 1,
       .name = "efi"},
      {.number = 7,
       .type = kLinuxDataType,
       .id = guids.make("7"),
       .first = 6 * mib,
       .last = table.last_usable,
       .attributes = std::uint64_t{1} << 63,
       .name = "Zustand \xc3\xbc \xf0\x9f\x92\xbe"},
  };
  return table;
}

// The bytes of a whole disk with this table.
std::string disk_with(const GptTable& table) {
  std::string disk(table.geometry.size, '\0');
  const GptBytes bytes = compose_gpt(table);
  disk.replace(0, bytes.head.size(), bytes.head);
  disk.replace(bytes.tail_offset, bytes.tail.size(), bytes.tail);
  return disk;
}

GptReading read(const std::string& disk, std::uint32_t sector_size = 512) {
  MemoryBlocks blocks(as_bytes(disk));
  return read_gpt(blocks, sector_size);
}

const Reason* refusal(const std::string& disk) {
  try {
    read(disk);
  } catch (const Error& error) {
    return &error.reason();
  }
  return nullptr;
}

std::string run(const std::string& program, std::vector<std::string> args, std::string input = {}) {
  return system_runner().run({.program = program, .args = std::move(args), .input = std::move(input)}).output;
}

TEST(Guid, ReadsAndWritesText) {
  const Guid guid = Guid::parse("C12A7328-f81f-11d2-ba4b-00a0c93ec93b");
  EXPECT_EQ(guid, kEfiSystemType);
  EXPECT_EQ(guid.text(), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
  EXPECT_EQ(guid.raw()[0], 0x28);  // little endian
  EXPECT_EQ(guid.raw()[8], 0xba);  // as it stands
  for (const char* bad : {"", "c12a7328", "c12a7328-f81f-11d2-ba4b-00a0c93ec93", "c12a7328-f81f-11d2-ba4b-00a0c93ec93g",
                          "c12a7328+f81f-11d2-ba4b-00a0c93ec93b", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b "}) {
    EXPECT_EQ(Guid::try_parse(bad), std::nullopt) << bad;
  }
}

TEST(Guid, SeededOnesRepeatAndRandomOnesDoNot) {
  EXPECT_EQ(SeededGuids("a").make("disk"), SeededGuids("a").make("disk"));
  EXPECT_NE(SeededGuids("a").make("disk"), SeededGuids("a").make("state"));
  EXPECT_NE(SeededGuids("a").make("disk"), SeededGuids("b").make("disk"));
  EXPECT_NE(RandomGuids().make("disk"), RandomGuids().make("disk"));
  EXPECT_EQ(RandomGuids().make("disk").text()[14], '4');
}

class Sectors : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  Geometry geometry_{.size = 16 * kMiB, .sector_size = GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Gpt, Sectors, ::testing::Values(512U, 4096U), ::testing::PrintToStringParamName());

TEST_P(Sectors, ReadsWhatItWrote) {
  const GptTable table = sample_table(geometry_);
  const std::string disk = disk_with(table);
  const GptReading reading = read(disk, geometry_.sector_size);
  EXPECT_EQ(reading.table, table);
  EXPECT_THAT(reading.primary_problem, IsEmpty());
  EXPECT_THAT(reading.backup_problem, IsEmpty());
  MemoryBlocks blocks(as_bytes(disk));
  EXPECT_EQ(read_gpt_of_image(blocks).table, table);
}

TEST_P(Sectors, OneDamagedCopyIsNamedAndTheOtherTaken) {
  const GptTable table = sample_table(geometry_);
  std::string disk = disk_with(table);
  const std::size_t last_entry_sector = disk.size() - 2 * geometry_.sector_size;
  disk[last_entry_sector] ^= 1;
  GptReading reading = read(disk, geometry_.sector_size);
  EXPECT_EQ(reading.table, table);
  EXPECT_THAT(reading.primary_problem, IsEmpty());
  EXPECT_THAT(reading.backup_problem, HasSubstr("entries have a wrong checksum"));

  disk[last_entry_sector] ^= 1;
  disk[geometry_.sector_size + 40] ^= 1;
  reading = read(disk, geometry_.sector_size);
  EXPECT_EQ(reading.table, table);
  EXPECT_THAT(reading.primary_problem, HasSubstr("header has a wrong checksum"));
  EXPECT_THAT(reading.backup_problem, IsEmpty());
}

TEST(Gpt, NothingAndNothingGoodAreToldApart) {
  EXPECT_EQ(refusal(std::string(4 * kMiB, '\0')), &reason::kNoTable);
  EXPECT_EQ(refusal(std::string(700, '\0')), &reason::kNoTable);
  std::string disk = disk_with(sample_table({.size = 16 * kMiB}));
  disk[512 + 56] ^= 1;
  disk[disk.size() - 512 + 56] ^= 1;
  EXPECT_EQ(refusal(disk), &reason::kBadTable);
}

TEST(Gpt, ADiskThatGrewIsReadWithBothCopies) {
  const GptTable table = sample_table({.size = 16 * kMiB});
  std::string disk = disk_with(table);
  disk.resize(20 * kMiB);
  const GptReading reading = read(disk);
  EXPECT_EQ(reading.table.geometry.size, 16 * kMiB);
  EXPECT_EQ(reading.table, table);
  EXPECT_THAT(reading.backup_problem, IsEmpty());
}

TEST(Gpt, ATableCutShortIsRefused) {
  const std::string disk = disk_with(sample_table({.size = 16 * kMiB}));
  EXPECT_EQ(refusal(disk.substr(0, 8 * kMiB)), &reason::kBadTable);
}

TEST(Gpt, CopiesThatDifferAreToldAndThePrimaryTaken) {
  const GptTable table = sample_table({.size = 16 * kMiB});
  GptTable other = table;
  other.partitions.pop_back();
  std::string disk = disk_with(table);
  const GptBytes bytes = compose_gpt(other);
  disk.replace(bytes.tail_offset, bytes.tail.size(), bytes.tail);
  const GptReading reading = read(disk);
  EXPECT_EQ(reading.table, table);
  EXPECT_THAT(reading.backup_problem, HasSubstr("differs"));
}

TEST(Gpt, ComposeRefusesWhatCantBe) {
  const GptTable good = sample_table({.size = 16 * kMiB});
  const auto expect_refused = [&](auto spoil, std::string_view why) {
    GptTable table = good;
    spoil(table);
    try {
      compose_gpt(table);
      ADD_FAILURE() << "composed: " << why;
    } catch (const Error& error) {
      EXPECT_EQ(&error.reason(), &reason::kBadLayout);
      EXPECT_THAT(error.what(), HasSubstr(std::string(why)));
    }
  };
  expect_refused([](GptTable& t) { t.partitions[1].first = t.partitions[0].last; }, "overlap");
  expect_refused([](GptTable& t) { t.partitions[2].last += 1; }, "usable space");
  expect_refused([](GptTable& t) { t.partitions[0].first = 10; }, "usable space");
  expect_refused([](GptTable& t) { t.partitions[0].number = 2; }, "number 2");
  expect_refused([](GptTable& t) { t.partitions[0].number = 129; }, "does not fit");
  expect_refused([](GptTable& t) { t.partitions[0].id = t.partitions[1].id; }, "have the id");
  expect_refused([](GptTable& t) { t.partitions[0].name.assign(37, 'x'); }, "does not fit");
  expect_refused([](GptTable& t) { t.first_usable = 3; }, "leaves");
}

// Debian's sgdisk, strict and independent, agrees with every field that we write.
TEST(Gpt, SgdiskAcceptsWhatWeWrite) {
  const TempTree tree;
  const GptTable table = sample_table({.size = 16 * kMiB});
  const std::string path = tree.write("disk", disk_with(table)).string();
  EXPECT_THAT(run("sgdisk", {"-v", path}), HasSubstr("No problems found"));
  for (const GptPartition& partition : table.partitions) {
    const std::string info = to_lower(run("sgdisk", {fmt::format("-i{}", partition.number), path}));
    EXPECT_THAT(info, HasSubstr("unique guid: " + partition.id.text()));
    EXPECT_THAT(info, HasSubstr("partition guid code: " + partition.type.text()));
    EXPECT_THAT(info, HasSubstr(fmt::format("first sector: {} ", partition.first)));
    EXPECT_THAT(info, HasSubstr(fmt::format("last sector: {} ", partition.last)));
  }
  EXPECT_THAT(run("sgdisk", {"-i7", path}), HasSubstr("Zustand \xc3\xbc "));  // it garbles characters beyond U+FFFF
}

TEST_P(Sectors, FdiskAcceptsWhatWeWrite) {
  const TempTree tree;
  const GptTable table = sample_table(geometry_);
  const std::string path = tree.write("disk", disk_with(table)).string();
  const std::string list = to_lower(run("fdisk", {"-b", std::to_string(geometry_.sector_size), "-l", "-o",
                                                  "Device,Start,End,Type-UUID,UUID,Name", path}));
  EXPECT_THAT(list, HasSubstr("disk identifier: " + table.disk_id.text()));
  for (const GptPartition& partition : table.partitions) {
    EXPECT_THAT(
        list, ContainsRegex(fmt::format("disk{} +{} +{} +{} +{} +{}", partition.number, partition.first, partition.last,
                                        partition.type.text(), partition.id.text(), to_lower(partition.name))));
  }
}

TEST(Gpt, SfdiskFindsNoFault) {
  const TempTree tree;
  const std::string path = tree.write("disk", disk_with(sample_table({.size = 16 * kMiB}))).string();
  EXPECT_THAT(run("sfdisk", {"--verify", path}), HasSubstr("No errors detected"));
}

TEST(Gpt, ReadsWhatSgdiskWrites) {
  const TempTree tree;
  const std::string path = tree.write("disk", "").string();
  std::filesystem::resize_file(path, 20 * kMiB);
  run("sgdisk", {"-n1:2048:4095", "-t1:ef02", "-c1:first", "-n3:4096:0", "-t3:8300", "-c3:t\xc3\xb6ne", "-A3:set:60",
                 "-u3:11111111-2222-4333-8444-555555555555", path});
  FileBlocks blocks(path);
  const GptReading reading = read_gpt_of_image(blocks);
  EXPECT_THAT(reading.primary_problem + reading.backup_problem, IsEmpty());
  ASSERT_EQ(reading.table.partitions.size(), 2U);
  EXPECT_EQ(reading.table.partitions[0].type, kBiosBootType);
  EXPECT_EQ(reading.table.partitions[0].name, "first");
  const GptPartition& second = reading.table.partitions[1];
  EXPECT_EQ(second.number, 3U);
  EXPECT_EQ(second.id.text(), "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(second.name, "t\xc3\xb6ne");
  EXPECT_EQ(second.attributes, std::uint64_t{1} << 60);
  EXPECT_EQ(second.last, reading.table.last_usable);
}

TEST(Gpt, ReadsWhatSfdiskWritesWithManyEntries) {
  const TempTree tree;
  const std::string path = tree.write("disk", "").string();
  std::filesystem::resize_file(path, 32 * kMiB);
  run("sfdisk", {path}, "label: gpt\ntable-length: 256\nsize=4MiB, name=a\nsize=8MiB, name=b\n");
  FileBlocks blocks(path);
  const GptReading reading = read_gpt_of_image(blocks);
  EXPECT_THAT(reading.primary_problem + reading.backup_problem, IsEmpty());
  EXPECT_EQ(reading.table.geometry, (Geometry{.size = 32 * kMiB, .sector_size = 512}));
  ASSERT_EQ(reading.table.partitions.size(), 2U);
  EXPECT_EQ(reading.table.partitions[1].name, "b");
}

TEST(Gpt, ReadsWhatFdiskWritesWithLargeSectors) {
  const TempTree tree;
  const std::string path = tree.write("disk", "").string();
  std::filesystem::resize_file(path, 32 * kMiB);
  run("fdisk", {"-b", "4096", path}, "g\nn\n1\n\n+4M\nn\n3\n\n\nw\n");
  FileBlocks blocks(path);
  const GptReading reading = read_gpt_of_image(blocks);
  EXPECT_THAT(reading.primary_problem + reading.backup_problem, IsEmpty());
  EXPECT_EQ(reading.table.geometry, (Geometry{.size = 32 * kMiB, .sector_size = 4096}));
  ASSERT_EQ(reading.table.partitions.size(), 2U);
  EXPECT_EQ(reading.table.partitions[0].first, 256U);
  EXPECT_EQ(reading.table.partitions[1].number, 3U);
}

}  // namespace
}  // namespace cairn::disk
