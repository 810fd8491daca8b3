// SPDX-License-Identifier: Apache-2.0
#include "node/mount_config.h"

#include "core/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(MountConfig, AddsToWhatEverySystemHas) {
  MountConfig config = default_mounts();
  add_mounts(config, R"(
ephemeral: {size: 512m, paths: [/mnt]}
persistent: {paths: [/var/lib/app]}
volumes:
  - {source: LABEL=DATA, path: /data}
  - {source: /dev/vdb1, path: /media/b, readOnly: true}
)",
             "mounts.yaml");
  EXPECT_EQ(config.memory, "512m");
  EXPECT_THAT(config.ephemeral, Contains("/mnt"));
  EXPECT_THAT(config.ephemeral, Contains("/etc"));
  EXPECT_THAT(config.persistent, Contains("/var/lib/app"));
  EXPECT_THAT(config.persistent, Contains("/var/lib/containerd"));
  ASSERT_EQ(config.volumes.size(), 2U);
  EXPECT_EQ(config.volumes[0].source, "LABEL=DATA");
  EXPECT_FALSE(config.volumes[0].read_only);
  EXPECT_TRUE(config.volumes[1].read_only);
}

TEST(MountConfig, AnEmptyDocumentAddsNothing) {
  MountConfig config = default_mounts();
  add_mounts(config, "# nothing\n", "mounts.yaml");
  EXPECT_EQ(config.persistent, default_mounts().persistent);
}

class BadMounts : public ::testing::TestWithParam<const char*> {};

TEST_P(BadMounts, AreRefusedWithTheirPlaceAndChangeNothing) {
  MountConfig config = default_mounts();
  try {
    add_mounts(config, std::string("persistent: {paths: [/good]}\n") + GetParam(), "mounts.yaml");
    FAIL() << "accepted: " << GetParam();
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, cairn::reason::kBadYaml.code);
    EXPECT_THAT(error.what(), HasSubstr("mounts.yaml:2:"));
  }
  EXPECT_EQ(config.persistent, default_mounts().persistent);
}

INSTANTIATE_TEST_SUITE_P(
    Documents, BadMounts,
    ::testing::Values("ephemral: {}", "ephemeral: {paths: [etc]}", "ephemeral: {paths: [/]}",
                      "ephemeral: {paths: [/a/]}", "ephemeral: {paths: [/a/../b]}", "ephemeral: {paths: [\"/a,b\"]}",
                      "ephemeral: {paths: [/proc/x]}", "ephemeral: {paths: [/run]}", "ephemeral: {size: 0}",
                      "ephemeral: {size: 12q}", "ephemeral: {type: block}", "volumes: [{source: LABEL=A}]",
                      "volumes: [{source: LABEL=../x, path: /a}]", "volumes: [{source: /dev/../etc, path: /a}]",
                      "volumes: [{source: LABEL=, path: /a}]", "volumes: [{source: nfs:/x, path: /a}]"));

}  // namespace
}  // namespace cairn::node
