// SPDX-License-Identifier: Apache-2.0
#include "core/yaml_text.h"

#include "core/yaml.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

std::string yaml_of(std::string_view text) { return to_yaml(parse_json(text, "test")); }

TEST(YamlText, BlocksAreNestedAsPeopleWriteThem) {
  EXPECT_EQ(yaml_of(R"({"a": {"b": 1, "c": [], "d": {}}, "list": [{"x": "y", "z": [1, [2]]}, "text"], "none": null})"),
            R"(a:
  b: 1
  c: []
  d: {}
list:
- x: "y"
  z:
  - 1
  - - 2
- text
none: null
)");
  EXPECT_EQ(yaml_of("[]"), "[]\n");
}

TEST(YamlText, TextThatCouldBeTakenForSomethingElseIsQuoted) {
  for (const char* text : {"true", "No",         "null", "~",    "",    "1",   "1e3",
                           ".inf", "2020-01-01", "a: b", "a #b", "a:",  "- a", "*a",
                           "&a",   "!a",         "{a",   "[a",   "%a",  "@a",  " a",
                           "a ",   "#a",         "a\nb", "a\tb", "\"a", "'a",  "\u00e9t\u00e9",
                           "on",   "Y",          "0x1",  "<<",   "="}) {
    const std::string written = to_yaml(json::object{{"k", text}});
    EXPECT_EQ(written.substr(0, 4), "k: \"") << written;
    EXPECT_EQ(parse_yaml(written, "test").at("k").text(), text);
  }
  for (const char* text : {"text", "a, b; (c) it's d:e#f", "linux/x86_64", "x{y}[z]|w"}) {
    const std::string written = to_yaml(json::object{{"k", text}});
    EXPECT_EQ(written, std::string("k: ") + text + "\n");
    EXPECT_EQ(parse_yaml(written, "test").at("k").text(), text);
  }
}

TEST(YamlText, KeysAreTextToo) {
  const std::string written = to_yaml(json::object{{"true", 1}, {"a/b.c", 2}});
  EXPECT_EQ(written, "\"true\": 1\na/b.c: 2\n");
}

}  // namespace
}  // namespace cairn
