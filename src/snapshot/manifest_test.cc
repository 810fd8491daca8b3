// SPDX-License-Identifier: Apache-2.0
#include "snapshot/manifest.h"

#include "core/error.h"
#include "snapshot/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::snapshot {
namespace {

std::string digest(char digit) { return "sha256:" + std::string(64, digit); }

Manifest sample() {
  return {.created = "2026-01-01T00:00:00Z",
          .cairn = "0.1.0",
          .reference = "registry.example/os:1",
          .digest = digest('a'),
          .title = "OS",
          .version = "1",
          .platform = "linux/arm64/v8",
          .image_created = "2025-12-31T23:00:00.5Z",
          .files = {{.path = "rootfs.squashfs", .size = 5'000'000'000, .sha256 = std::string(64, 'b')}}};
}

TEST(Manifest, ComesBackAsItWas) { EXPECT_EQ(parse_manifest(to_text(sample()), "manifest"), sample()); }

TEST(Manifest, IgnoresWhatItDoesNotKnow) {
  std::string text = to_text(sample());
  text.insert(1, "\"later\": [1],");
  EXPECT_EQ(parse_manifest(text, "manifest"), sample());
}

TEST(Manifest, IsReadWithoutWhatEarlierOnesLacked) {
  const Manifest read =
      parse_manifest(R"({"format": 1, "image": {"digest": ")" + digest('a') + R"("}, "files": []})", "m");
  EXPECT_EQ(read.digest, digest('a'));
  EXPECT_EQ(read.title + read.version + read.platform + read.image_created, "");
}

TEST(Manifest, DamagedIsRefusedUnderItsName) {
  const std::string good = to_text(sample());
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& text :
       {std::string(), good.substr(0, good.size() / 2), changed("\"format\": 1", "\"format\": 2"),
        changed("\"size\": 5", "\"size\": -5"), changed("rootfs.squashfs", "../rootfs"), changed("bbb", "bbx"),
        changed("sha256:a", "sha256:"), changed("\"files\"", "\"fiels\""), changed("\"image\"", "\"imgae\"")}) {
    try {
      parse_manifest(text, "manifest of 3");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kBadManifest.code) << text;
      EXPECT_THAT(error.what(), ::testing::HasSubstr("manifest of 3"));
    }
  }
}

TEST(Refused, ComeBackAsTheyWere) {
  const std::vector<RefusedImage> images = {{digest('a'), "2026-01-01T00:00:00Z", "3 starts failed"},
                                            {digest('b'), "", ""}};
  EXPECT_EQ(parse_refused(to_text(images), "refused"), images);
}

TEST(Refused, StandOnceTheNewestLastAndAreBounded) {
  std::vector<RefusedImage> images;
  for (const char digit : {'a', 'b', 'a'}) images = with_refused(images, {digest(digit), "", std::string(1000, 'x')});
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images.back().digest, digest('a'));
  for (int i = 0; i < 100; ++i) {
    images = with_refused(images, {"sha256:" + fmt::format("{:064x}", i), "", std::string(1000, 'x')});
  }
  EXPECT_EQ(images.size(), kMaxRefused);
  EXPECT_LT(to_text(images).size(), 64U * 1024);
}

}  // namespace
}  // namespace cairn::snapshot
