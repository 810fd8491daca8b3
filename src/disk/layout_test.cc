// SPDX-License-Identifier: Apache-2.0
#include "disk/layout.h"

#include "disk/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace cairn::disk {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kGiB = 1024 * kMiB;

DiskLayout plan(const LayoutSpec& spec, std::uint64_t size, std::uint32_t sector_size = 512) {
  SeededGuids guids("test");
  return plan_layout(spec, {.size = size, .sector_size = sector_size}, guids);
}

std::uint64_t mib_of(const DiskLayout& layout, Role role) { return layout.get(role).size / kMiB; }

LayoutSpec small_system() { return {.system_size = 200 * kMiB}; }

TEST(Layout, LoaderFindsItsPartitionsByNumber) {
  const DiskLayout layout = plan(small_system(), 16 * kGiB);
  EXPECT_EQ(layout.get(Role::bios_boot).number, 1U);
  EXPECT_EQ(layout.get(Role::bios_boot).offset, kMiB);
  EXPECT_EQ(layout.get(Role::esp).number, 2U);
  EXPECT_EQ(layout.get(Role::oem).number, 3U);
  EXPECT_EQ(layout.get(Role::recovery).number, 4U);
  EXPECT_EQ(layout.get(Role::state).number, 5U);
  EXPECT_EQ(layout.get(Role::persistent).number, 6U);
  EXPECT_EQ(layout.get(Role::state).label, "COS_STATE");
  EXPECT_EQ(layout.get(Role::state).name, "state");
}

// What holds for every plan, whatever was asked for.
void expect_sound(const DiskLayout& layout) {
  std::uint64_t end = kMiB;
  for (const PlannedPartition& partition : layout.partitions) {
    EXPECT_EQ(partition.offset, end) << partition.name;
    EXPECT_EQ(partition.size % kMiB, 0U) << partition.name;
    EXPECT_GT(partition.size, 0U) << partition.name;
    end += partition.size;
  }
  EXPECT_LE(end + kMiB, layout.geometry.size);
  const GptBytes bytes = compose_gpt(to_gpt(layout));  // which checks it all once more
  EXPECT_EQ(bytes.tail_offset + bytes.tail.size(),
            layout.geometry.size / layout.geometry.sector_size * layout.geometry.sector_size);
}

TEST(Layout, EverySizeOfDiskIsSoundOrRefused) {
  for (const std::uint32_t sector_size : {512U, 4096U}) {
    const std::uint64_t needed = needed_size(small_system());
    EXPECT_THROW(plan(small_system(), needed - kMiB, sector_size), Error);
    EXPECT_THROW(plan(small_system(), 0, sector_size), Error);
    for (std::uint64_t size = needed; size < 40 * kGiB; size += size / 3 + 4711) {
      expect_sound(plan(small_system(), size, sector_size));
    }
  }
}

TEST(Layout, SizesGrowFromWhatIsNeededToTheUsual) {
  const LayoutSpec spec = small_system();
  const std::uint64_t needed = needed_size(spec);
  EXPECT_LT(needed, 2 * kGiB);
  const DiskLayout least = plan(spec, needed);
  EXPECT_GE(mib_of(least, Role::state), 3 * 200U);
  EXPECT_LT(mib_of(least, Role::state), 4 * 200U);
  EXPECT_GE(mib_of(least, Role::recovery), 200U);
  EXPECT_EQ(mib_of(least, Role::persistent), 256U);
  const DiskLayout middle = plan(spec, 8 * kGiB);
  EXPECT_GT(mib_of(middle, Role::state), mib_of(least, Role::state));
  EXPECT_LT(mib_of(middle, Role::state), 8192U);
  EXPECT_GT(mib_of(middle, Role::persistent), 3 * 1024U);
  const DiskLayout large = plan(spec, 500 * kGiB);
  EXPECT_EQ(mib_of(large, Role::state), 8192U);
  EXPECT_EQ(mib_of(large, Role::recovery), 4096U);
  EXPECT_GT(mib_of(large, Role::persistent), 480 * 1024U);
  LayoutSpec compact = spec;
  compact.compact = true;
  EXPECT_EQ(mib_of(plan(compact, 500 * kGiB), Role::state), mib_of(least, Role::state));
}

TEST(Layout, AHugeSystemGetsMoreThanTheUsual) {
  EXPECT_GE(mib_of(plan({.system_size = 6 * kGiB}, 500 * kGiB), Role::state), 18 * 1024U);
}

TEST(Layout, SizesAreTakenAsGivenInWholeMebibytes) {
  LayoutSpec spec = small_system();
  spec.oem.size = 100 * kMiB + 1;
  spec.state.size = 2 * kGiB;
  spec.persistent.size = 1 * kGiB;
  const DiskLayout layout = plan(spec, 40 * kGiB);
  expect_sound(layout);
  EXPECT_EQ(mib_of(layout, Role::oem), 101U);
  EXPECT_EQ(mib_of(layout, Role::state), 2048U);
  EXPECT_EQ(mib_of(layout, Role::persistent), 1024U);
}

TEST(Layout, ExtraPartitionsStandInFrontOfWhatTakesTheRest) {
  LayoutSpec spec = small_system();
  spec.extra = {{.name = "data", .label = "DATA", .size = kGiB},
                {.name = "raw", .size = 5 * kMiB, .file_system = FileSystem::none}};
  DiskLayout layout = plan(spec, 40 * kGiB);
  expect_sound(layout);
  EXPECT_EQ(layout.partitions[5].name, "data");
  EXPECT_EQ(layout.partitions[6].name, "raw");
  EXPECT_EQ(layout.get(Role::persistent).number, 8U);

  spec.extra[0].size.reset();
  layout = plan(spec, 40 * kGiB);
  expect_sound(layout);
  EXPECT_EQ(layout.get(Role::persistent).number, 6U);
  EXPECT_EQ(mib_of(layout, Role::persistent), 256U);
  EXPECT_EQ(layout.partitions.back().name, "data");
  EXPECT_GT(layout.partitions.back().size, 20 * kGiB);
}

TEST(Layout, RepeatsWithASeedAndDiffersWithout) {
  const DiskLayout first = plan(small_system(), 8 * kGiB);
  EXPECT_EQ(compose_gpt(to_gpt(first)).head, compose_gpt(to_gpt(plan(small_system(), 8 * kGiB))).head);
  RandomGuids guids;
  EXPECT_NE(plan_layout(small_system(), first.geometry, guids).disk_id, first.disk_id);
}

struct Refusal {
  const char* name;
  std::function<void(LayoutSpec&)> spoil;
  const Reason* reason;
  const char* says;
};

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, SaysWhy) {
  LayoutSpec spec = small_system();
  GetParam().spoil(spec);
  try {
    plan(spec, 16 * kGiB);
    FAIL() << "planned";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, GetParam().reason->code);
    EXPECT_THAT(error.what(), HasSubstr(GetParam().says));
  }
}

const Refusal kRefusals[] = {
    {"disk_too_small", [](auto& s) { s.state.size = 17 * kGiB; }, &reason::kDiskTooSmall,
     "the disk has 16.0 GiB, 17.6 GiB are needed: bios 1.0 MiB, efi 64.0 MiB"},
    {"says_what_persistent_needs", [](auto& s) { s.oem.size = 16 * kGiB; }, &reason::kDiskTooSmall,
     "persistent at least 256.0 MiB"},
    {"same_label_twice", [](auto& s) { s.oem.label = "cos_state"; }, &reason::kBadLayout, "the label COS_STATE"},
    {"no_label", [](auto& s) { s.state.label = ""; }, &reason::kBadLayout, "state needs a label"},
    {"long_fat_label", [](auto& s) { s.esp.label = "TWELVE_CHARS"; }, &reason::kBadLayout, "vfat allows 11"},
    {"long_ext4_label", [](auto& s) { s.oem.label = "SEVENTEEN_LETTERS"; }, &reason::kBadLayout, "ext4 allows 16"},
    {"blank_in_label", [](auto& s) { s.oem.label = "A B"; }, &reason::kBadLayout, "blank"},
    {"quote_in_label", [](auto& s) { s.oem.label = "A'B"; }, &reason::kBadLayout, "special"},
    {"name_of_ours", [](auto& s) { s.extra = {{.name = "state", .size = kGiB}}; }, &reason::kBadLayout,
     "two partitions are named state"},
    {"no_name", [](auto& s) { s.extra = {{.name = "", .size = kGiB}}; }, &reason::kBadLayout, "name"},
    {"long_name", [](auto& s) { s.extra = {{.name = std::string(37, 'n'), .size = kGiB}}; }, &reason::kBadLayout,
     "name"},
    {"two_want_the_rest",
     [](auto& s) {
       s.extra = {{.name = "a"}, {.name = "b"}};
     },
     &reason::kBadLayout, "a and b both want the rest"},
    {"too_many",
     [](auto& s) {
       for (int i = 0; i < 130; ++i)
         s.extra.push_back({.name = std::to_string(i), .size = kMiB, .file_system = FileSystem::none});
     },
     &reason::kBadLayout, "136 partitions"},
    {"tiny", [](auto& s) { s.oem.size = 1; }, &reason::kBadLayout, "ext4 needs 8.0 MiB"},
    {"zero", [](auto& s) { s.esp.size = 0; }, &reason::kBadLayout, "vfat needs 4.0 MiB"},
    {"absurd_size", [](auto& s) { s.oem.size = UINT64_MAX; }, &reason::kBadLayout, "oem is to have"},
    {"absurd_system", [](auto& s) { s.system_size = UINT64_MAX / 2; }, &reason::kBadLayout, "3 snapshots"},
    {"no_snapshots", [](auto& s) { s.snapshots = 0; }, &reason::kBadLayout, "0 snapshots"},
};
INSTANTIATE_TEST_SUITE_P(Layout, Refused, ::testing::ValuesIn(kRefusals),
                         [](const auto& refusal) { return std::string(refusal.param.name); });

TEST(Roles, AreFoundByName) {
  for (const Role role : {Role::bios_boot, Role::esp, Role::oem, Role::recovery, Role::state, Role::persistent}) {
    EXPECT_EQ(role_of_name(to_string(role)), role);
  }
  EXPECT_EQ(role_of_name("data"), Role::extra);
  EXPECT_EQ(role_of_name(""), Role::extra);
}

TEST(FileSystems, AreFoundByWord) {
  EXPECT_EQ(find_file_system("ext4"), FileSystem::ext4);
  EXPECT_EQ(find_file_system("vfat"), FileSystem::vfat);
  EXPECT_EQ(find_file_system(""), FileSystem::none);
  EXPECT_EQ(find_file_system("ntfs"), std::nullopt);
}

}  // namespace
}  // namespace cairn::disk
