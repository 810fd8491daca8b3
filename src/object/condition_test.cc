// SPDX-License-Identifier: Apache-2.0
#include "object/condition.h"

#include <gtest/gtest.h>

namespace cairn::object {
namespace {

Time at(int seconds) { return Time(std::chrono::system_clock::time_point(std::chrono::seconds(seconds))); }

Condition ready(Truth status, std::string why, std::int64_t generation = 1) {
  return {.type = "Ready", .status = status, .observed_generation = generation, .reason = std::move(why)};
}

TEST(Condition, TheTimeOfTransitionMovesOnlyWithTheStatus) {
  std::vector<Condition> conditions;
  EXPECT_TRUE(set_condition(conditions, ready(Truth::no, "Waiting"), at(10)));
  EXPECT_EQ(conditions.at(0).last_transition_time, at(10));

  EXPECT_TRUE(set_condition(conditions, ready(Truth::no, "Failing"), at(20)));  // another reason, same status
  EXPECT_EQ(conditions.at(0).last_transition_time, at(10));
  EXPECT_EQ(conditions.at(0).reason, "Failing");

  EXPECT_TRUE(set_condition(conditions, ready(Truth::yes, "Done"), at(30)));
  EXPECT_EQ(conditions.at(0).last_transition_time, at(30));
  EXPECT_TRUE(is_true(conditions, "Ready"));
}

TEST(Condition, NothingChangesWhereNothingIsNew) {
  std::vector<Condition> conditions;
  set_condition(conditions, ready(Truth::yes, "Done"), at(10));
  EXPECT_FALSE(set_condition(conditions, ready(Truth::yes, "Done"), at(99)));
  EXPECT_TRUE(set_condition(conditions, ready(Truth::yes, "Done", 2), at(99)));  // seen for a new generation
  EXPECT_EQ(conditions.at(0).observed_generation, 2);
  EXPECT_EQ(conditions.at(0).last_transition_time, at(10));
}

TEST(Condition, OthersStayInTheirOrder) {
  std::vector<Condition> conditions{{.type = "A"}, {.type = "Ready"}, {.type = "B"}};
  set_condition(conditions, ready(Truth::yes, "Done"), at(10));
  EXPECT_EQ(conditions.at(1).reason, "Done");
  EXPECT_TRUE(remove_condition(conditions, "A"));
  EXPECT_FALSE(remove_condition(conditions, "A"));
  EXPECT_EQ(find_condition(conditions, "A"), nullptr);
  EXPECT_EQ(conditions.size(), 2U);
}

TEST(Condition, IsWrittenAsKubernetesHasIt) {
  Condition condition = ready(Truth::no, "Waiting", 3);
  condition.last_transition_time = at(0);
  EXPECT_EQ(encode(condition), parse_json(R"({"type": "Ready", "status": "False", "observedGeneration": 3,
    "lastTransitionTime": "1970-01-01T00:00:00Z", "reason": "Waiting", "message": ""})",
                                          ""));
}

}  // namespace
}  // namespace cairn::object
