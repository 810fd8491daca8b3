// SPDX-License-Identifier: Apache-2.0
#include "object/selector.h"

#include "object/reasons.h"

#include <gtest/gtest.h>

namespace cairn::object {
namespace {

LabelSelector selector(std::string_view text) { return decode<LabelSelector>(parse_json(text, "test"), "selector"); }

TEST(Selector, TheEmptyOneSelectsEverything) {
  EXPECT_TRUE(LabelSelector().matches({}));
  EXPECT_TRUE(LabelSelector().matches({{"a", "b"}}));
}

TEST(Selector, AllPartsMustHold) {
  const auto both =
      selector(R"({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]})");
  EXPECT_TRUE(both.matches({{"a", "1"}, {"b", ""}}));
  EXPECT_FALSE(both.matches({{"a", "1"}}));
  EXPECT_FALSE(both.matches({{"b", ""}}));
  EXPECT_EQ(both.to_text(), "a=1,b");
}

TEST(Selector, Operators) {
  const auto in = selector(R"({"matchExpressions": [{"key": "k", "operator": "In", "values": ["x", "y"]}]})");
  EXPECT_TRUE(in.matches({{"k", "y"}}));
  EXPECT_FALSE(in.matches({{"k", "z"}}));
  EXPECT_FALSE(in.matches({}));
  EXPECT_EQ(in.to_text(), "k in (x,y)");
  const auto not_in = selector(R"({"matchExpressions": [{"key": "k", "operator": "NotIn", "values": ["x"]}]})");
  EXPECT_TRUE(not_in.matches({}));
  EXPECT_FALSE(not_in.matches({{"k", "x"}}));
  const auto absent = selector(R"({"matchExpressions": [{"key": "k", "operator": "DoesNotExist"}]})");
  EXPECT_TRUE(absent.matches({}));
  EXPECT_FALSE(absent.matches({{"k", ""}}));
  EXPECT_EQ(absent.to_text(), "!k");
}

TEST(Selector, BadRequirementsAreToldWhateverTheLabels) {
  for (const char* text :
       {R"({"matchExpressions": [{"key": "k", "operator": "Gt", "values": ["1"]}]})",
        R"({"matchExpressions": [{"key": "k", "operator": "In"}]})",
        R"({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "k", "operator": "Exists", "values": ["1"]}]})"}) {
    try {
      selector(text).matches({});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kBadSelector.code);
    }
  }
}

}  // namespace
}  // namespace cairn::object
