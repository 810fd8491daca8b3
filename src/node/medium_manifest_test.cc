// SPDX-License-Identifier: Apache-2.0
#include "node/medium_manifest.h"

#include "node/reasons.h"
#include "node/sample_medium.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

TEST(MediumManifest, ReadsWhatANodeNeeds) {
  const MediumManifest manifest = parse_medium_manifest(testing::sample_manifest(4096), "manifest");
  EXPECT_EQ(manifest.id, testing::kId);
  EXPECT_EQ(manifest.kind, "iso");
  EXPECT_EQ(manifest.label, "COS_LIVE");
  EXPECT_EQ(manifest.kernel, "6.1.0-1-amd64");
  EXPECT_EQ(manifest.image.digest, "sha256:00");
  EXPECT_EQ(manifest.image.created, "");
  EXPECT_EQ(manifest.sizes.at("rootfs.squashfs"), 4096U);
}

TEST(MediumManifest, WhatIsBrokenIsBlamedOnTheMedium) {
  const std::string good = testing::sample_manifest(1);
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& text :
       {std::string(), good.substr(0, good.size() / 2), changed("\"format\": 1", "\"format\": 2"),
        changed("\"size\": 1", "\"size\": -1"), changed(testing::kId, "0123456789ABCDEF"),
        changed("\"digest\"", "\"digset\""), changed("\"files\"", "\"fiels\"")}) {
    try {
      parse_medium_manifest(text, "manifest");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kBadMedium.code) << text;
    }
  }
}

}  // namespace
}  // namespace cairn::node
