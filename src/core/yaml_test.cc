// SPDX-License-Identifier: Apache-2.0
#include "core/yaml.h"

#include "core/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

using ::testing::HasSubstr;

std::string problem_of(std::string_view text) {
  try {
    parse_yaml(text, "file.yaml");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ParseYaml, KeepsOrderTextAndPlaces) {
  const Yaml root =
      parse_yaml("name: \"x\"\nfiles:\n  - path: /a\n    permissions: 0644\nversion: 1.10\n", "file.yaml");
  EXPECT_EQ(root.members()[0].first, "name");
  EXPECT_TRUE(root.at("name").quoted());
  const Yaml& file = root.at("files").items()[0];
  EXPECT_EQ(file.at("permissions").mode(), 0644U);
  EXPECT_EQ(file.at("permissions").line(), 4U);
  EXPECT_EQ(file.at("permissions").column(), 18U);
  EXPECT_EQ(root.at("version").text(), "1.10");
  EXPECT_TRUE(parse_yaml("", "empty").is_null());
  EXPECT_TRUE(parse_yaml("a:", "x").at("a").is_null());
}

TEST(ParseYaml, RefusesWhatIsAmbiguousOrAWayToExplode) {
  EXPECT_THAT(problem_of("a: 1\nb: 2\na: 3\n"), HasSubstr("file.yaml:3:1: the key \"a\" stands twice"));
  EXPECT_THAT(problem_of("a: &x 1\nb: *x\n"), HasSubstr("aliases are not accepted"));
  EXPECT_THAT(problem_of("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(problem_of("? [a, b]\n: 1\n"), HasSubstr("a key must be plain text"));
  EXPECT_THAT(problem_of("a: [1, 2\nb: 3"), HasSubstr("file.yaml:2:"));
  EXPECT_THAT(problem_of(std::string(200'000, '[')), HasSubstr("nested deeper"));
  EXPECT_THAT(problem_of(std::string((1 << 20) + 1, ' ')), HasSubstr("larger than"));
  std::string many = "[";
  for (int i = 0; i < 100'001; ++i) many += "a,";
  EXPECT_THAT(problem_of(many + "]"), HasSubstr("more than 100000 nodes"));
}

TEST(Yaml, ReadsScalarsAsTheFieldWants) {
  const Yaml root = parse_yaml("[0644, 0o644, \"0644\", 644, Yes, off, -12, 0999]", "x");
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(root.items()[i].mode(), 0644U);
  EXPECT_TRUE(root.items()[4].boolean());
  EXPECT_FALSE(root.items()[5].boolean());
  EXPECT_EQ(root.items()[6].integer(), -12);
  EXPECT_THROW(root.items()[7].mode(), Error);
  EXPECT_THROW(root.items()[4].integer(), Error);
  EXPECT_THROW(root.text(), Error);
}

TEST(Yaml, SuggestsTheNearestKey) {
  const Yaml root = parse_yaml("stages:\n  boot:\n    - comands: []\n", "file.yaml");
  const Error error = root.at("stages").at("boot").items()[0].unknown_key("comands", {"commands", "files"});
  EXPECT_THAT(error.what(), HasSubstr("did you mean \"commands\"?"));
}

}  // namespace
}  // namespace cairn
