// SPDX-License-Identifier: Apache-2.0
// What is decided before anything is written; the rest needs a machine (tests/vm/grow_test.py).
#include "node/grow.h"

#include "disk/grow.h"
#include "disk/reasons.h"
#include "node/reasons.h"
#include "snapshot/manifest.h"
#include "support/effect_record.h"
#include "support/temp_tree.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;
using disk::kMiB;

class NodeGrow : public ::testing::Test {
 protected:
  NodeGrow() : effects_(system_effects(), {}) {
    tree_.write("run/recovery/.snapshots/1/manifest.json",
                snapshot::to_text({.created = "2026-01-01T00:00:00Z",
                                   .cairn = "test",
                                   .reference = "",
                                   .digest = "sha256:" + std::string(64, '0'),
                                   .version = "",
                                   .files = {{"rootfs.squashfs", 90 * kMiB, std::string(64, '0')},
                                             {"vmlinuz", 10 * kMiB, std::string(64, '0')}}}));
  }

  // A machine whose disk has `size` bytes and this layout, known to the kernel.
  Machine machine(BootMode mode, const disk::DiskLayout& layout, std::uint64_t size) {
    const fs::path path = tree_.write("disk", "");
    fs::resize_file(path, size);
    const disk::GptBytes bytes = disk::compose_gpt(disk::to_gpt(layout));
    const Effects::Handle file = system_effects().open(path);
    system_effects().write(file, 0, as_bytes(bytes.head));
    system_effects().write(file, bytes.tail_offset, as_bytes(bytes.tail));
    system_effects().close(file);
    disk::DiskFacts facts;
    facts.device = path;
    facts.size = size;
    for (const disk::PlannedPartition& planned : layout.partitions) {
      disk::PartitionFacts partition;
      partition.number = planned.number;
      partition.size = planned.size;
      partition.gpt_name = planned.name;
      facts.partitions.push_back(partition);
    }
    return {.boot = BootState{.mode = mode,
                              .installed = BootState::Installed{.esp = {}, .disk = path.string(), .snapshot = 1},
                              .image = {},
                              .cairn = "test"},
            .disk = facts};
  }

  static disk::DiskLayout image() {
    disk::SeededGuids guids("image");
    const disk::LayoutSpec spec{.system_size = 100 * kMiB, .compact = true};
    return disk::plan_layout(spec, {.size = disk::needed_size(spec)}, guids);
  }

  std::string code_of(const Machine& machine) {
    try {
      grow(machine, {.effects = effects_, .clock = system_clock()}, {.run = tree_.path("run")});
    } catch (const Error& error) {  // what the tests are about
      return std::string(error.reason().code);
    }
    return "none";
  }

  cairn::testing::TempTree tree_;
  cairn::testing::RecordingEffects effects_;
};

TEST_F(NodeGrow, ADiskThatIsFullIsNotWritten) {
  EXPECT_EQ(code_of(machine(BootMode::active, image(), image().geometry.size)), "none");
  EXPECT_TRUE(effects_.records().empty());
}

TEST_F(NodeGrow, ADiskThatIsTooSmallIsNotWritten) {
  const disk::DiskLayout cut = disk::cut_behind_recovery(image());
  const Machine small = machine(BootMode::recovery, cut, cut.geometry.size + 300 * kMiB);
  EXPECT_EQ(code_of(small), disk::reason::kDiskTooSmall.code);
  EXPECT_TRUE(effects_.records().empty());
}

TEST_F(NodeGrow, OnlyRecoveryMakesUpForAMissingState) {
  const disk::DiskLayout cut = disk::cut_behind_recovery(image());
  EXPECT_EQ(code_of(machine(BootMode::active, cut, 3 * 1024 * kMiB)), reason::kNotRecovery.code);
  EXPECT_TRUE(effects_.records().empty());
}

TEST_F(NodeGrow, OtherSystemsLeaveDisksAlone) { EXPECT_EQ(code_of({}), reason::kNotInstalled.code); }

}  // namespace
}  // namespace cairn::node
