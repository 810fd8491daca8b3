// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"

#include "core/reasons.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

std::string problem_of(std::string_view text) {
  try {
    parse_json(text, "doc");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kBadJson.code);
    return error.what();
  }
}

TEST(ParseJson, KeepsOrderAndValues) {
  const json::value value = parse_json(R"({"b":[1,-2,3.5,true,null],"a":{"k":"v\u00e9"}})", "doc");
  EXPECT_EQ(to_text(value), R"({"b":[1,-2,3.5E0,true,null],"a":{"k":"vé"}})");
}

TEST(ParseJson, RefusesWhatTwoReadersCouldReadDifferently) {
  EXPECT_NE(problem_of(R"({"a":1,"a":2})").find("stands twice"), std::string::npos);
  EXPECT_NE(problem_of(R"({"x":{"a":1,"b":2,"a":3}})").find("stands twice"), std::string::npos);
  EXPECT_EQ(problem_of(R"({"a":{"a":1},"b":{"a":2}})"), "");
  for (const std::string_view bad :
       {"", "{", "[1,]", "// c\n1", "NaN", "01", "{\"a\":1}x", "\"\xff\"", "\"\\ud800\"", "1e400"}) {
    EXPECT_NE(problem_of(bad), "") << bad;
  }
  EXPECT_NE(problem_of(std::string(200'000, '[')), "");
}

TEST(ParseJson, NamesThePlace) { EXPECT_EQ(problem_of("{\n  \"a\": tru\n}").substr(0, 13), "doc: line 2, "); }

TEST(JsonCursor, NamesThePathOfAFault) {
  const json::value value = parse_json(R"({"layers":[{"size":1},{"size":-4}]})", "doc");
  const JsonCursor root(value, "manifest of demo", reason::kBadJson);
  EXPECT_EQ(root.at("layers").items()[0].at("size").count(10), 1U);
  try {
    root.at("layers").items()[1].at("size").count(10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "manifest of demo: layers[1].size: expected a whole number from 0 to 10");
  }
  EXPECT_THROW(root.at("config"), Error);
  EXPECT_FALSE(root.find("config"));
}

TEST(PrettyText, IsReadable) {
  EXPECT_EQ(to_pretty_text(parse_json(R"({"a":[1,2],"b":{},"c":[]})", "doc")),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}\n");
}

}  // namespace
}  // namespace cairn
