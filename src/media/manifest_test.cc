// SPDX-License-Identifier: Apache-2.0
#include "media/manifest.h"

#include "core/json.h"
#include "core/reasons.h"

#include <gtest/gtest.h>

namespace cairn::media {
namespace {

const MediumFile kFile{.path = "/rootfs.squashfs", .size = 4096};

TEST(MediumId, FollowsFromAllThatDecidesTheBytes) {
  const std::string id = medium_id({"kind=iso"}, {kFile});
  EXPECT_EQ(id.size(), 16U);
  EXPECT_EQ(medium_id({"kind=iso"}, {kFile}), id);
  EXPECT_NE(medium_id({"kind=netboot"}, {kFile}), id);
  MediumFile longer = kFile;
  longer.size = 8192;
  EXPECT_NE(medium_id({"kind=iso"}, {longer}), id);
}

TEST(MediumId, DoesNotDependOnTheOrder) {
  const MediumFile other{.path = "/boot/vmlinuz", .size = 1};
  EXPECT_EQ(medium_id({"a", "b"}, {kFile, other}), medium_id({"b", "a"}, {other, kFile}));
}

TEST(MediumId, CanNotBeForgedByAValueWithALineEnd) { EXPECT_NE(medium_id({"a\n1:b"}, {}), medium_id({"a", "b"}, {})); }

// docs/formats/media.md: t = 946684800 + n mod 2^31; cc = (n / 2^31) mod 100.
TEST(VolumeTime, FollowsFromTheId) {
  const VolumeTime zero = volume_time("0000000000000000");
  EXPECT_EQ(zero.uuid, "2000-01-01-00-00-00-00");
  EXPECT_EQ(zero.compact, "2000010100000000");
  const VolumeTime one = volume_time("0000000080000001");
  EXPECT_EQ(one.uuid, "2000-01-01-00-00-01-01");
  EXPECT_EQ(volume_time("ffffffffffffffff").compact.size(), 16U);
}

TEST(MediumManifest, SaysWhatIsThere) {
  MediumManifest manifest{.id = "0123456789abcdef",
                          .kind = "iso",
                          .label = "COS_LIVE",
                          .created = 1,
                          .cairn = "1.0",
                          .image = {.digest = "sha256:00", .platform = "linux/amd64"},
                          .kernel = "6.1",
                          .cmdline = {"quiet"},
                          .files = {{kFile, 0}, {kFile, 512}}};
  const json::value value = parse_json(manifest.to_text(), "manifest");
  const JsonCursor at(value, "manifest", cairn::reason::kInternal);
  EXPECT_EQ(at.at("format").integer(), 1);
  EXPECT_EQ(at.at("created").text(), "1970-01-01T00:00:01Z");
  EXPECT_FALSE(at.at("image").find("reference"));
  EXPECT_FALSE(at.at("files").items()[0].find("offset"));
  EXPECT_EQ(at.at("files").items()[1].at("offset").integer(), 512);
}

}  // namespace
}  // namespace cairn::media
