// SPDX-License-Identifier: Apache-2.0
#include "node/upgrade.h"

#include "core/reasons.h"
#include "node/reasons.h"
#include "osimage/reasons.h"
#include "support/sample_image.h"
#include "support/unfrozen_effects.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

class CheckUpgrade : public ::testing::Test {
 protected:
  // The code with which an image is refused, or "".
  std::string refusal(const testing::SampleOptions& options, const UpgradeSpec& spec, const std::string& booted) {
    testing::make_sample_image({testing::make_tar({{"a", "one"}})}, options).write_layout(tree_, "image", "1");
    const auto place = oci::SourceSpec::parse("oci:" + tree_.path("image").string());
    const oci::Image image = oci::Image::open(place, oci::Platform::parse("linux/" + options.architecture), {});
    BootState state{.mode = BootMode::active, .image = {}, .cairn = "0"};
    state.image.created = booted;
    try {
      check_upgrade(spec, state, image);
    } catch (const Error& error) {  // what the test is about
      return std::string(error.reason().code);
    }
    return "";
  }
  static UpgradeSpec on_amd64() { return {.machine = oci::Platform::parse("linux/amd64")}; }
  testing::TempTree tree_;
};

TEST_F(CheckUpgrade, AnOlderImageIsRefusedUnlessAskedFor) {
  const testing::SampleOptions image{.created = "2026-01-01T00:00:00Z"};
  EXPECT_EQ(refusal(image, on_amd64(), "2026-01-01T00:00:01Z"), reason::kDowngrade.code);
  EXPECT_EQ(refusal(image, on_amd64(), "2026-01-01T01:00:00+02:00"), "");  // is an hour before
  EXPECT_EQ(refusal(image, on_amd64(), "2026-01-01T00:00:00.9Z"), "");
  UpgradeSpec spec = on_amd64();
  spec.allow_downgrade = true;
  EXPECT_EQ(refusal(image, spec, "2026-06-01T00:00:00Z"), "");
}

TEST_F(CheckUpgrade, WhatIsNotKnownIsNotCompared) {
  EXPECT_EQ(refusal({.created = "2026-01-01T00:00:00Z"}, on_amd64(), ""), "");
  EXPECT_EQ(refusal({}, on_amd64(), "2026-01-01T00:00:00Z"), "");
}

TEST_F(CheckUpgrade, AnImageForAnotherMachineIsRefused) {
  EXPECT_EQ(refusal({.architecture = "arm64"}, on_amd64(), ""), reason::kOtherMachine.code);
}

// An upgrade on a folder that holds one system.
class UpgradeFromImage : public ::testing::Test {
 protected:
  UpgradeFromImage() {
    const SystemContent first{
        .files = {{.name = "rootfs.squashfs", .room = 1, .fill = [](auto& file) { file.write_at(0, as_bytes("x")); }}},
        .words = [] { return std::string("quiet"); },
        .identity = {.digest = sha256({}).text()}};
    install_systems(stores_, first, nullptr, nullptr, 0);
  }
  // The code with which the upgrade to an image with these files ends, or "".
  std::string upgrade_to(const std::map<std::string, std::string>& files, std::stop_token stop = {}) {
    testing::make_sample_image({testing::make_tar(files)}).write_layout(tree_, "image", "1");
    const auto place = oci::SourceSpec::parse("oci:" + tree_.path("image").string());
    ImageSystem system(oci::Image::open(place, oci::Platform::parse("linux/amd64"), {}), {}, silent_progress(), stop);
    try {
      upgrade_system(stores_, system.content("0", "2026-01-01T00:00:00Z"), 1, {});
    } catch (const Error& error) {  // what the test is about
      return std::string(error.reason().code);
    }
    return "";
  }
  void expect_unchanged() {
    EXPECT_EQ(boot_.current().active, 1U);
    EXPECT_EQ(snapshots_.list(), std::vector<snapshot::Number>{1});
    const fs::path root = snapshots_.root();
    EXPECT_EQ(std::distance(fs::directory_iterator(root), fs::directory_iterator()), 1);
  }

  testing::TempTree tree_;
  testing::UnfrozenEffects effects_;
  boot::BootStateStore boot_{tree_.path(), effects_};
  snapshot::SnapshotStore snapshots_{tree_.path(), effects_};
  SystemStores stores_{boot_, snapshots_};
};

const std::map<std::string, std::string> kSystem = {{"usr/lib/modules/6.1.0/vmlinuz", "kernel"},
                                                    {"boot/vmlinuz-6.1.0", "kernel"},
                                                    {"boot/initrd.img-6.1.0", "initramfs"}};

TEST_F(UpgradeFromImage, OneThatCanBootIsWritten) {
  EXPECT_EQ(upgrade_to(kSystem), "");
  EXPECT_EQ(boot_.current().active, 2U);
}

TEST_F(UpgradeFromImage, WithoutAKernelItIsRefusedAndNothingIsLeft) {
  EXPECT_EQ(upgrade_to({{"usr/bin/true", ""}}), osimage::reason::kNotBootable.code);
  expect_unchanged();
}

TEST_F(UpgradeFromImage, StoppedByAPersonNothingIsLeft) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(upgrade_to(kSystem, stop.get_token()), cairn::reason::kCanceled.code);
  expect_unchanged();
}

}  // namespace
}  // namespace cairn::node
