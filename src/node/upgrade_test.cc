// SPDX-License-Identifier: Apache-2.0
#include "node/upgrade.h"

#include "node/reasons.h"
#include "support/sample_image.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

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

}  // namespace
}  // namespace cairn::node
