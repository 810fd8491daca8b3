// SPDX-License-Identifier: Apache-2.0
#include "disk/grow.h"

#include "core/file.h"
#include "disk/apply.h"
#include "disk/reasons.h"
#include "support/effect_record.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;
using testing::EffectKind;
using testing::EffectRecord;
using ::testing::HasSubstr;
using testing::TempTree;

constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kSystem = 100 * kMiB;

DiskLayout image_layout(std::uint32_t sector_size = 512) {
  const LayoutSpec spec{.system_size = kSystem, .compact = true};
  SeededGuids guids("image");
  return plan_layout(spec, {.size = needed_size(spec), .sector_size = sector_size}, guids);
}

GptReading reading_of(const GptTable& table) { return {.table = table, .primary_problem = {}, .backup_problem = {}}; }

std::optional<GptTable> grow(const GptTable& found, std::uint64_t size, std::uint32_t sector_size = 512) {
  SeededGuids guids("machine");
  return plan_growth(reading_of(found), {.system_size = kSystem}, {.size = size, .sector_size = sector_size}, guids);
}

const GptPartition& named(const GptTable& table, std::string_view name) {
  return *std::find_if(table.partitions.begin(), table.partitions.end(), [&](const auto& p) { return p.name == name; });
}

TEST(Grow, AnImageThatIsCutEndsBehindRecovery) {
  const DiskLayout whole = image_layout();
  const DiskLayout cut = cut_behind_recovery(whole);
  ASSERT_EQ(cut.partitions.size(), 4U);
  EXPECT_EQ(cut.geometry.size, whole.get(Role::state).offset + kMiB);
  EXPECT_EQ(cut.get(Role::recovery).number, whole.get(Role::recovery).number);
  compose_gpt(to_gpt(cut));
}

class GrowSectors : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Grow, GrowSectors, ::testing::Values(512U, 4096U), ::testing::PrintToStringParamName());

// What is missing is as an install would have made it; what is there keeps what names it.
TEST_P(GrowSectors, ACutImageGetsTheLayoutOfAnInstall) {
  const GptTable found = to_gpt(cut_behind_recovery(image_layout(GetParam())));
  const auto grown = grow(found, 20 * kGiB, GetParam());
  ASSERT_TRUE(grown);
  SeededGuids guids("other");
  const GptTable install =
      to_gpt(plan_layout({.system_size = kSystem}, {.size = 20 * kGiB, .sector_size = GetParam()}, guids));
  ASSERT_EQ(grown->partitions.size(), install.partitions.size());
  for (std::size_t i = 0; i < install.partitions.size(); ++i) {
    EXPECT_EQ(grown->partitions[i].name, install.partitions[i].name);
    EXPECT_EQ(grown->partitions[i].first, install.partitions[i].first);
    EXPECT_EQ(grown->partitions[i].last, install.partitions[i].last);
  }
  EXPECT_EQ(grown->disk_id, found.disk_id);
  for (const GptPartition& old : found.partitions) {
    EXPECT_EQ(named(*grown, old.name).id, old.id);
    EXPECT_EQ(named(*grown, old.name).number, old.number);
  }
  EXPECT_EQ(grow(*grown, 20 * kGiB, GetParam()), std::nullopt) << "it grows twice";
}

TEST(Grow, ARecoveryThatIsLargerThanAnInstallsStays) {
  DiskLayout layout = cut_behind_recovery(image_layout());
  layout.partitions.back().size = 5 * kGiB;
  layout.geometry.size = layout.partitions.back().offset + 5 * kGiB + kMiB;
  const auto grown = grow(to_gpt(layout), 20 * kGiB);
  ASSERT_TRUE(grown);
  EXPECT_EQ(named(*grown, "recovery"), named(to_gpt(layout), "recovery"));
  EXPECT_EQ(named(*grown, "state").first, named(*grown, "recovery").last + 1);
}

TEST(Grow, ATooSmallDiskIsNamedWithWhatIsNeeded) {
  const DiskLayout cut = cut_behind_recovery(image_layout());
  try {
    grow(to_gpt(cut), cut.geometry.size + 300 * kMiB);
    FAIL() << "planned";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kDiskTooSmall.code);
    EXPECT_THAT(error.what(), HasSubstr("state"));
  }
}

TEST(Grow, WhatIsInTheWayIsNotMoved) {
  GptTable found = to_gpt(cut_behind_recovery(image_layout()));
  found.geometry.size = 20 * kGiB;
  found.last_usable = make_gpt(found.geometry, {}).last_usable;
  found.partitions.push_back({.number = 5,
                              .type = kLinuxDataType,
                              .id = RandomGuids().make("x"),
                              .first = 8388608,
                              .last = 8390655,
                              .name = "x"});
  EXPECT_THROW(grow(found, 20 * kGiB), Error);
}

TEST(Grow, PersistentGetsWhatADiskGrewBy) {
  const GptTable found = to_gpt(image_layout());
  const auto grown = grow(found, 20 * kGiB + 5 * 512);
  ASSERT_TRUE(grown);
  GptTable expected = make_gpt({.size = 20 * kGiB + 5 * 512}, found.disk_id);
  expected.partitions = found.partitions;
  expected.partitions.back().last = (20 * kGiB - kMiB) / 512 - 1;
  EXPECT_EQ(*grown, expected);
}

TEST(Grow, OtherDisksStayAsTheyAre) {
  GptTable found = to_gpt(image_layout());
  EXPECT_EQ(grow(found, found.geometry.size), std::nullopt);
  EXPECT_EQ(grow(found, found.geometry.size + kMiB / 2), std::nullopt);
  found.partitions.back().last -= 100 * kMiB / 512;
  EXPECT_EQ(grow(found, found.geometry.size), std::nullopt) << "space that was left free is taken";
  found.partitions.back().name = "data";
  EXPECT_EQ(grow(found, 20 * kGiB), std::nullopt) << "persistent is not last";
}

TEST(Grow, ADamagedCopyIsMadeWhole) {
  const GptTable found = to_gpt(image_layout());
  GptReading reading = reading_of(found);
  reading.backup_problem = "damaged";
  SeededGuids guids("machine");
  EXPECT_EQ(plan_growth(reading, {.system_size = kSystem}, found.geometry, guids), found);
}

// A disk, and what a power cut left of writes to it.
class CutDisk final : public BlockReader {
 public:
  explicit CutDisk(const fs::path& disk) : disk_(disk) {}
  std::uint64_t size() const override { return disk_.size(); }
  void read(std::uint64_t offset, MutableBytes out) override {
    disk_.read(offset, out);
    for (const auto& [place, data] : pieces_) {
      const std::uint64_t begin = std::max(place, offset);
      const std::uint64_t end = std::min(place + data.size(), offset + out.size());
      for (std::uint64_t at = begin; at < end; ++at) out[at - offset] = static_cast<std::byte>(data[at - place]);
    }
  }
  void add(std::uint64_t offset, std::string data) { pieces_.emplace_back(offset, std::move(data)); }

 private:
  FileBlocks disk_;
  std::vector<std::pair<std::uint64_t, std::string>> pieces_;
};

class ApplyGrowth : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  // A disk that holds `table`, and boot code.
  fs::path disk_with(const GptTable& table) {
    const fs::path path = tree_.write("disk", "");
    fs::resize_file(path, kSize);
    const GptBytes bytes = compose_gpt(table);
    const Effects::Handle file = system_effects().open(path);
    system_effects().write(file, 0, as_bytes(bytes.head));
    system_effects().write(file, 0, as_bytes(std::string(440, 'b')));
    system_effects().write(file, bytes.tail_offset, as_bytes(bytes.tail));
    system_effects().close(file);
    return path;
  }

  static GptReading read(const fs::path& disk) {
    FileBlocks blocks(disk);
    return read_gpt(blocks, GetParam());
  }

  static GptTable plan(const GptReading& found) {
    SeededGuids guids("machine");
    return plan_growth(found, {.system_size = kSystem}, {.size = kSize, .sector_size = GetParam()}, guids).value();
  }

  static constexpr std::uint64_t kSize = 3 * kGiB;
  TempTree tree_;
};
INSTANTIATE_TEST_SUITE_P(Grow, ApplyGrowth, ::testing::Values(512U, 4096U), ::testing::PrintToStringParamName());

TEST_P(ApplyGrowth, WritesBothCopiesAndKeepsBootCode) {
  const GptTable found = to_gpt(cut_behind_recovery(image_layout(GetParam())));
  const fs::path disk = disk_with(found);
  const GptTable grown = plan(reading_of(found));
  {  // an old file system where STATE will be
    const Effects::Handle file = system_effects().open(disk);
    system_effects().write(file, named(grown, "state").first * GetParam(), as_bytes(std::string(5000, 'x')));
    system_effects().close(file);
  }
  apply_growth(found, grown, disk, system_effects());
  verify_table(grown, disk);
  FileBlocks blocks(disk);
  std::string bytes(5000, '\0');
  blocks.read(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  EXPECT_EQ(bytes.substr(0, 440), std::string(440, 'b'));
  blocks.read(named(grown, "state").first * GetParam(), std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  EXPECT_EQ(bytes.find_first_not_of('\0'), std::string::npos);
  if (GetParam() == 512) {
    EXPECT_THAT(system_runner().run({.program = "sgdisk", .args = {"-v", disk.string()}}).output,
                HasSubstr("No problems found"));
  }
}

// What is wrong with a disk after a power cut; empty if it boots with one of the two tables.
std::string judge(BlockReader& disk, std::uint32_t sector, const GptTable& found, const GptTable& grown) {
  std::string first(512, '\0');
  disk.read(0, std::as_writable_bytes(std::span(first.data(), first.size())));
  if (first.substr(0, 440) != std::string(440, 'b') || first.substr(510) != "\x55\xaa") return "no boot code";
  try {
    const GptReading reading = read_gpt(disk, sector);
    // The kernel looks at no other copy unless it is told to.
    if (!reading.primary_problem.empty()) return "the primary: " + reading.primary_problem;
    const bool known = reading.table.partitions == found.partitions || reading.table.partitions == grown.partitions;
    return known ? "" : "a third table";
  } catch (const Error& error) {  // what is judged
    return error.what();
  }
}

// Every state that a cut may leave: all that was flushed, and of the rest none, all, each write alone, each torn.
// Returns how many there are; `violations` gets what is wrong.
std::size_t explore(const std::vector<EffectRecord>& acts, const fs::path& disk, std::uint32_t sector,
                    const GptTable& found, const GptTable& grown, std::vector<std::string>& violations) {
  std::size_t states = 0;
  std::vector<const EffectRecord*> home;
  std::vector<const EffectRecord*> open;
  const auto look = [&](const auto& add_open) {
    CutDisk cut(disk);
    for (const EffectRecord* act : home) cut.add(act->offset, act->data);
    add_open(cut);
    ++states;
    if (std::string wrong = judge(cut, sector, found, grown); !wrong.empty()) violations.push_back(std::move(wrong));
  };
  const auto look_at_all = [&] {
    look([](CutDisk&) {});
    look([&](CutDisk& cut) {
      for (const EffectRecord* act : open) cut.add(act->offset, act->data);
    });
    for (const EffectRecord* act : open) {
      look([&](CutDisk& cut) { cut.add(act->offset, act->data); });
      for (std::size_t parity : {0U, 1U}) {  // every second sector
        look([&](CutDisk& cut) {
          for (std::size_t at = parity * sector; at < act->data.size(); at += std::size_t{2} * sector) {
            cut.add(act->offset + at, act->data.substr(at, sector));
          }
        });
      }
    }
  };
  for (const EffectRecord& act : acts) {
    if (act.kind == EffectKind::write) open.push_back(&act);
    look_at_all();
    if (act.kind != EffectKind::sync) continue;
    home.insert(home.end(), open.begin(), open.end());
    open.clear();
  }
  return states;
}

TEST_P(ApplyGrowth, APowerCutLeavesOneOfTheTwoTables) {
  for (const bool whole : {false, true}) {
    const DiskLayout layout = image_layout(GetParam());
    const GptTable found = to_gpt(whole ? layout : cut_behind_recovery(layout));
    const GptTable grown = plan(reading_of(found));
    testing::RecordingEffects effects(system_effects(), {});
    apply_growth(found, grown, disk_with(found), effects);
    const fs::path before = disk_with(found);
    std::vector<std::string> violations;
    EXPECT_GT(explore(effects.records(), before, GetParam(), found, grown, violations), 20U);
    EXPECT_THAT(violations, ::testing::IsEmpty());

    // The test sees what it should: without the flushes in between, a cut leaves a torn table.
    std::vector<EffectRecord> hasty = effects.records();
    std::erase_if(hasty, [](const EffectRecord& act) { return act.kind == EffectKind::sync; });
    explore(hasty, before, GetParam(), found, grown, violations);
    EXPECT_FALSE(violations.empty());
  }
}

// Cut after any act and started again, growing ends with the same table.
TEST_P(ApplyGrowth, GoesOnWhereItWasCut) {
  const GptTable found = to_gpt(cut_behind_recovery(image_layout(GetParam())));
  const GptTable wanted = plan(reading_of(found));
  testing::RecordingEffects effects(system_effects(), {});
  apply_growth(found, wanted, disk_with(found), effects);
  for (std::size_t acts = 0; acts <= effects.records().size(); ++acts) {
    const fs::path disk = disk_with(found);
    const Effects::Handle file = system_effects().open(disk);
    for (std::size_t i = 0; i < acts; ++i) {
      const EffectRecord& act = effects.records()[i];
      if (act.kind == EffectKind::write) system_effects().write(file, act.offset, as_bytes(act.data));
    }
    system_effects().close(file);
    SeededGuids guids("machine");
    const GptReading reading = read(disk);
    if (const auto again = plan_growth(reading, {.system_size = kSystem}, wanted.geometry, guids)) {
      apply_growth(reading.table, *again, disk, system_effects());
    }
    verify_table(wanted, disk);
  }
}

}  // namespace
}  // namespace cairn::disk
