// SPDX-License-Identifier: Apache-2.0
// The boot oracle against the cases that tests/vm/loader_test.py puts to the real loader, and the model's own rules.
#include "boot/bootstate.h"
#include "boot/grub_config.h"
#include "core/file.h"
#include "core/json.h"
#include "core/reasons.h"
#include "core/text.h"
#include "support/boot_oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::testing {
namespace {

std::string copy_bytes(const JsonCursor& copy) {
  const auto fields = copy.items();
  boot::BootState state{.sequence = static_cast<std::uint32_t>(fields[0].integer()),
                        .active = static_cast<std::uint32_t>(fields[1].integer()),
                        .tries = static_cast<unsigned>(fields[3].integer())};
  for (const std::string& passive : split(fields[2].text(), ' ')) {
    if (!passive.empty()) state.passives.push_back(static_cast<std::uint32_t>(*parse_number(passive)));
  }
  state.verdict = fields[4].text() == "trying" ? boot::Verdict::trying : boot::Verdict::good;
  state.recovery = static_cast<std::uint32_t>(fields[5].integer());
  state.recovery_once = fields[6].text() == "recovery";
  return boot::compose(state);
}

std::optional<std::string> copy_of(const JsonCursor& test, std::string_view name) {
  const auto copy = test.find(name);
  if (!copy) return std::nullopt;
  if (copy->value().is_array()) return copy_bytes(*copy);
  if (copy->text() == "empty") return "";
  if (copy->text() == "zeros") return std::string(1024, '\0');
  const std::string before = boot::compose({.sequence = 3, .active = 1, .recovery = 1});
  return boot::compose({.sequence = 5, .active = 3, .recovery = 1}).substr(0, 40) + before.substr(40);
}

Tree snapshots_of(const JsonCursor& numbers) {
  Tree tree;
  std::string kernel(0x202, 'k');
  kernel += "HdrS";
  for (const auto& [number, absent] : numbers.members()) {
    const std::string folder = ".snapshots/" + number + "/";
    tree[folder + "vmlinuz"] = kernel;
    tree[folder + "initrd"] = "initrd";
    tree[folder + "rootfs.squashfs"] = "tree";
    tree[folder + "cmdline"] = boot::kernel_words_block("quiet");
    tree[".snapshots/" + number] = std::nullopt;
    for (const JsonCursor& name : absent.items()) {
      if (name.text() == "bad-vmlinuz") {
        tree[folder + "vmlinuz"] = "no such thing";
      } else {
        tree.erase(folder + name.text());
      }
    }
  }
  return tree;
}

TEST(BootOracle, SaysWhatTheLoaderDoes) {
  const std::string path = CAIRN_TEST_DATA "/loader_cases.json";
  const json::value document = parse_json(read_file(path, 1 << 20), path);
  const JsonCursor root(document, path, reason::kBadJson);
  for (const JsonCursor& test : root.items()) {
    const std::string name = test.at("name").text();
    Tree esp;
    for (const std::string copy : {"a", "b"}) {
      if (const auto bytes = copy_of(test, copy)) esp["cairn/bootstate." + copy] = *bytes;
    }
    const TreesView disk({{Place::esp, esp},
                          {Place::state, snapshots_of(test.at("state"))},
                          {Place::recovery, snapshots_of(test.at("recovery"))}});
    const Boot boot = boot_of(disk);
    EXPECT_EQ(boot.to_text(), test.at("starts").text()) << name;
    std::optional<std::pair<std::string, std::string>> written;
    if (const auto after = test.find("after")) {
      for (const auto& [copy, fields] : after->members()) written = {"cairn/bootstate." + copy, copy_bytes(fields)};
    }
    EXPECT_EQ(boot.written, written) << name;
  }
}

// A file written, flushed and renamed on a volume of the model.
class ModelVolumeTest : public ::testing::Test {
 protected:
  void run(ModelVolume& volume, bool flush, bool settle) {
    add(volume, {.kind = EffectKind::create, .path = "/v/new"});
    add(volume, {.kind = EffectKind::write, .path = "/v/new", .data = std::string(1024, 'n')});
    if (flush) add(volume, {.kind = EffectKind::sync, .path = "/v/new"});
    add(volume, {.kind = EffectKind::rename, .path = "/v/new", .to = "/v/file"});
    if (flush) add(volume, {.kind = EffectKind::sync_directory, .path = "/v"});
    if (settle) add(volume, {.kind = EffectKind::settle, .path = "/v"});
  }
  void add(ModelVolume& volume, const EffectRecord& record) {
    volume.add(record);
    ++acts_;
  }
  std::optional<std::string> file(const ModelVolume& volume, CrashChoice choice, Reader reader) {
    choice.end = acts_;
    const Tree tree = volume.view(choice, reader);
    const auto found = tree.find("file");
    return found == tree.end() ? std::nullopt : found->second;
  }

  std::size_t acts_ = 0;
  std::string old_ = std::string(1024, 'o');
  std::string new_ = std::string(1024, 'n');
};

TEST_F(ModelVolumeTest, AFlushedFileIsThereForASystemButNotForALoaderThatReplaysNoJournal) {
  ModelVolume volume("/v", FileSystem::ext4, {{"file", old_}});
  run(volume, true, false);
  EXPECT_EQ(file(volume, {}, Reader::system), new_);
  EXPECT_EQ(file(volume, {}, Reader::loader), old_);
  EXPECT_EQ(file(volume, {.metadata = CrashChoice::kAll}, Reader::loader), new_);
}

TEST_F(ModelVolumeTest, BroughtHomeItIsThereForBoth) {
  ModelVolume volume("/v", FileSystem::ext4, {{"file", old_}});
  run(volume, true, true);
  EXPECT_EQ(file(volume, {}, Reader::system), new_);
  EXPECT_EQ(file(volume, {}, Reader::loader), new_);
}

TEST_F(ModelVolumeTest, WithoutAFlushTheNameMayComeBeforeTheData) {
  ModelVolume volume("/v", FileSystem::ext4, {{"file", old_}});
  run(volume, false, false);
  EXPECT_EQ(file(volume, {}, Reader::system), old_);
  EXPECT_EQ(file(volume, {.journal = 2}, Reader::system), std::string(1024, '\0'));
  EXPECT_EQ(file(volume, {.journal = 2, .sectors = CrashChoice::kFirstSectors}, Reader::system),
            std::string(512, 'n') + std::string(512, '\0'));
}

TEST_F(ModelVolumeTest, AStaleNameLeadsToSomebodyElsesBytes) {
  ModelVolume volume("/v", FileSystem::ext4, {{"file", old_}});
  add(volume, {.kind = EffectKind::remove, .path = "/v/file"});
  add(volume, {.kind = EffectKind::sync_directory, .path = "/v"});
  EXPECT_EQ(file(volume, {}, Reader::loader), old_);
  add(volume, {.kind = EffectKind::create, .path = "/v/other"});
  add(volume, {.kind = EffectKind::write, .path = "/v/other", .data = "x"});
  const auto found = file(volume, {}, Reader::loader);
  ASSERT_TRUE(found);
  EXPECT_NE(*found, old_);
}

TEST_F(ModelVolumeTest, OnFatARenameIsTwoWrites) {
  ModelVolume volume("/v", FileSystem::fat, {{"file", old_}});
  add(volume, {.kind = EffectKind::rename, .path = "/v/file", .to = "/v/moved"});
  bool lost = false;
  bool twice = false;
  for (std::uint64_t seed = 10; seed < 40; ++seed) {
    const Tree tree = volume.view({.end = acts_, .metadata = seed}, Reader::loader);
    lost = lost || tree.empty();
    twice = twice || tree.size() == 2;
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(twice);
}

TEST_F(ModelVolumeTest, OverwrittenInPlaceEachSectorIsOldOrNewOrBroken) {
  ModelVolume volume("/v", FileSystem::fat, {{"file", old_}});
  add(volume, {.kind = EffectKind::write, .path = "/v/file", .data = new_});
  EXPECT_EQ(file(volume, {}, Reader::loader), old_);
  EXPECT_EQ(file(volume, {.sectors = CrashChoice::kAll}, Reader::loader), new_);
  EXPECT_EQ(file(volume, {.sectors = CrashChoice::kLastSectors}, Reader::loader),
            std::string(512, 'o') + std::string(512, 'n'));
  EXPECT_EQ(file(volume, {.sectors = CrashChoice::kGarbage}, Reader::loader), std::string(1024, '\xff'));
  add(volume, {.kind = EffectKind::sync, .path = "/v/file"});
  EXPECT_EQ(file(volume, {.sectors = CrashChoice::kGarbage}, Reader::loader), new_);
}

}  // namespace
}  // namespace cairn::testing
