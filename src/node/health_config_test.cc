// SPDX-License-Identifier: Apache-2.0
#include "node/health_config.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::node {
namespace {

using ::testing::HasSubstr;

std::string problem_of(std::string_view text) {
  try {
    parse_health_config(text, "health.yaml");
  } catch (const Error& error) {  // what the test is about
    return error.what();
  }
  return "none";
}

TEST(HealthConfig, ReadsEveryKey) {
  const HealthConfig config = parse_health_config(
      "deadline: 600\ncheck-deadline: 5\nattempts: 1\npause: 0\n"
      "tolerated-units: [kdump.service, 'systemd-fsck@*']\nmin-free-mib: {state: 1, persistent: 0}\n",
      "health.yaml");
  EXPECT_EQ(config.deadline, std::chrono::seconds(600));
  EXPECT_EQ(config.check_deadline, std::chrono::seconds(5));
  EXPECT_EQ(config.attempts, 1U);
  EXPECT_EQ(config.pause, std::chrono::seconds(0));
  EXPECT_EQ(config.min_free_state, 1U << 20);
  EXPECT_EQ(config.min_free_persistent, 0U);
  EXPECT_TRUE(config.tolerates("kdump.service"));
  EXPECT_FALSE(config.tolerates("kdump.service2"));
  EXPECT_TRUE(config.tolerates("systemd-fsck@dev-sda1.service"));
  EXPECT_FALSE(config.tolerates("sshd.service"));
}

TEST(HealthConfig, AnEmptyOneHasTheDefaults) {
  EXPECT_EQ(parse_health_config("# nothing\n", "x").deadline, std::chrono::seconds(300));
}

TEST(HealthConfig, RefusesWhatItDoesNotKnowAtItsPlace) {
  EXPECT_THAT(problem_of("deadlin: 3\n"), HasSubstr("health.yaml:1:"));
  EXPECT_THAT(problem_of("deadline: 0\n"), HasSubstr("0 is not from 1 to 3600"));
  EXPECT_THAT(problem_of("deadline: soon\n"), HasSubstr("health.yaml:1:"));
  EXPECT_THAT(problem_of("attempts: 0\n"), HasSubstr("from 1 to 100"));
  EXPECT_THAT(problem_of("min-free-mib: {stat: 1}\n"), HasSubstr("stat"));
  EXPECT_THAT(problem_of("- a\n"), HasSubstr("health.yaml:1:"));
}

}  // namespace
}  // namespace cairn::node
