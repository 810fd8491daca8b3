// SPDX-License-Identifier: Apache-2.0
#include "node/status.h"

#include "node/reasons.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::HasSubstr;

const BootState kLive{.mode = BootMode::live,
                      .medium = BootState::Medium{"0123456789abcdef", "iso", "COS_LIVE", "/dev/sr0"},
                      .image = {.reference = "registry/os:1",
                                .digest = "sha256:00",
                                .title = "Cairn OS",
                                .version = "1",
                                .platform = "linux/amd64",
                                .created = ""},
                      .cairn = "0.1.0"};

class Status : public ::testing::Test {
 protected:
  Status() {
    tree_.write("osrelease", "6.1.0-1-amd64\n");
    tree_.write("stat", "cpu  1 2 3\nbtime 1767225600\nprocesses 5\n");
  }
  NodeStatus get() const {
    return get_status({.state = tree_.path("state.json"),
                       .kernel = tree_.path("osrelease"),
                       .stat = tree_.path("stat"),
                       .health = tree_.path("health.json"),
                       .boot_id = tree_.path("boot_id")},
                      "0.2.0");
  }
  cairn::testing::TempTree tree_;
};

TEST_F(Status, TellsALiveBoot) {
  tree_.write("state.json", to_pretty_text(to_json(kLive)));
  const json::object shown = to_json(get());
  EXPECT_EQ(shown.at("mode").as_string(), "live");
  EXPECT_EQ(shown.at("image").at("digest").as_string(), "sha256:00");
  EXPECT_EQ(shown.at("medium").at("id").as_string(), "0123456789abcdef");
  EXPECT_EQ(shown.at("medium").at("device").as_string(), "/dev/sr0");
  EXPECT_EQ(shown.at("kernel").as_string(), "6.1.0-1-amd64");
  EXPECT_EQ(shown.at("cairn").as_string(), "0.2.0");
  EXPECT_EQ(shown.at("bootedAt").as_string(), "2026-01-01T00:00:00Z");
  EXPECT_THAT(to_text(get()), HasSubstr("Cairn OS 1\n"));
}

TEST_F(Status, TellsABootFromTheDiskAndWhatFailed) {
  BootState state = kLive;
  state.mode = BootMode::passive;
  state.medium.reset();
  state.installed = BootState::Installed{.esp = disk::Guid::parse("6d1f0a3c-0000-4000-8000-000000000001"),
                                         .disk = "/dev/sda",
                                         .snapshot = 7,
                                         .fallback = true};
  state.failed_volumes = {{"/oem", "no such partition"}};
  tree_.write("state.json", to_pretty_text(to_json(state)));
  const json::object shown = to_json(get());
  EXPECT_EQ(shown.at("mode").as_string(), "passive");
  EXPECT_TRUE(shown.at("medium").is_null());
  EXPECT_EQ(shown.at("installed").at("snapshot").to_number<int>(), 7);
  EXPECT_EQ(shown.at("installed").at("esp").as_string(), "6d1f0a3c-0000-4000-8000-000000000001");
  EXPECT_EQ(shown.at("failedVolumes").at(0).at("path").as_string(), "/oem");
  EXPECT_THAT(to_text(get()), HasSubstr("7 on /dev/sda, because another one did not start\n"));
  EXPECT_THAT(to_text(get()), HasSubstr("/oem: no such partition\n"));
}

TEST_F(Status, TellsTheLastVerdictAndTheFallback) {
  EXPECT_TRUE(to_json(get()).at("health").is_null());
  const HealthRecord record{.boot_id = "boot-1",
                            .when = "2026-01-02T00:00:00Z",
                            .snapshot = 2,
                            .healthy = false,
                            .why = "net failed",
                            .fallback = FallbackRecord{
                                .from = 3, .to = 2, .digest = "sha256:3", .refused = true, .when = "w", .why = "hung"}};
  tree_.write("health.json", to_pretty_text(to_json(record, HealthReport())));
  tree_.write("boot_id", "boot-1\n");
  EXPECT_TRUE(to_json(get()).at("health").at("current").as_bool());
  EXPECT_EQ(to_json(get()).at("health").at("verdict").as_string(), "bad");
  EXPECT_THAT(to_text(get()), HasSubstr("health     bad, 2026-01-02T00:00:00Z: net failed\n"));
  EXPECT_THAT(to_text(get()), HasSubstr("from snapshot 3 to 2, w: hung\n"));
  EXPECT_THAT(to_text(get()), HasSubstr("refused    sha256:3\n"));
  tree_.write("boot_id", "boot-2\n");
  EXPECT_FALSE(to_json(get()).at("health").at("current").as_bool());
  EXPECT_THAT(to_text(get()), HasSubstr("bad at an earlier start"));
}

TEST_F(Status, ADamagedVerdictDoesNotHideTheRest) {
  tree_.write("health.json", "{");
  EXPECT_TRUE(to_json(get()).at("health").is_null());
}

TEST_F(Status, WithoutARecordTheSystemIsNotOurs) {
  const json::object shown = to_json(get());
  EXPECT_EQ(shown.at("mode").as_string(), "other");
  EXPECT_TRUE(shown.at("image").is_null());
  EXPECT_TRUE(shown.at("medium").is_null());
}

TEST_F(Status, ADamagedRecordIsAnErrorNotAGuess) {
  for (const char* text : {"", "{}", R"({"format": 1, "mode": "sideways"})"}) {
    tree_.write("state.json", text);
    try {
      get();
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kBadState.code);
      EXPECT_THAT(error.what(), HasSubstr("state.json"));
    }
  }
}

}  // namespace
}  // namespace cairn::node
