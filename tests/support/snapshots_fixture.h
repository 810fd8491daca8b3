// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/store.h"
#include "snapshot/store.h"
#include "support/temp_tree.h"
#include "support/unfrozen_effects.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

namespace cairn::testing {

// Records each durable act by its kind and file name, and can refuse one.
class RecordedEffects final : public UnfrozenEffects {
 public:
  Handle open(const Path& path) override {
    note("open", path);
    return UnfrozenEffects::open(path);
  }
  void rename(const Path& from, const Path& to) override {
    note("rename", to);
    UnfrozenEffects::rename(from, to);
  }

  std::vector<std::string> acts;
  std::string fails_on = {};  // an act that throws instead

 private:
  void note(std::string_view act, const Path& path) {
    const std::string text = fmt::format("{} {}", act, path.filename().string());
    if (text == fails_on) throw system_error(EIO, text);
    acts.push_back(text);
  }
};

// Snapshots 1 to 3 with their boot state on a disk that is a folder.
class SnapshotsTest : public ::testing::Test {
 protected:
  SnapshotsTest() {
    for (const boot::SnapshotNumber number : {1U, 2U, 3U}) add_snapshot(number);
    std::filesystem::create_directory(tree_.path("esp"));
  }
  static std::string digest(boot::SnapshotNumber number) { return fmt::format("sha256:{:064}", number); }
  void add_snapshot(boot::SnapshotNumber number) {
    const std::string folder = fmt::format("state/.snapshots/{}/", number);
    tree_.write(folder + "rootfs.squashfs", "root");
    tree_.write(folder + "cmdline", "words");
    tree_.write(folder + "manifest.json",
                to_text(snapshot::Manifest{.created = "2026-01-01T00:00:00Z",
                                           .cairn = "0",
                                           .reference = "registry/os:1",
                                           .digest = digest(number),
                                           .version = fmt::format("v{}", number),
                                           .files = {{"rootfs.squashfs", 4, std::string(64, '0')}}}));
  }
  void start_with(boot::BootState state) {
    states_.create(std::move(state));
    effects_.acts.clear();
  }
  // Snapshot 3 was just installed beside 2 and 1.
  static boot::BootState trying(unsigned tries = 2) {
    return {.active = 3, .passives = {2, 1}, .tries = tries, .verdict = boot::Verdict::trying, .recovery = 1};
  }
  static boot::BootState good() { return {.active = 3, .passives = {2, 1}, .recovery = 1}; }

  TempTree tree_;
  RecordedEffects effects_;
  boot::BootStateStore states_{tree_.path("esp"), effects_};
  snapshot::SnapshotStore snapshots_{tree_.path("state"), effects_};
};

}  // namespace cairn::testing
