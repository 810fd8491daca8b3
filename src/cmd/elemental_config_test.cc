// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental_config.h"

#include "core/error.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::cmd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ElementalConfig, FlattensMappings) {
  const auto settings = parse_elemental_config(
      "reboot: true\ninstall:\n  cloud-init: [a, b]\n  recovery-system: {uri: 'oci:x'}\n  iso:\n", "f");
  ASSERT_EQ(settings.size(), 3U);
  EXPECT_EQ(settings[0].key, "reboot");
  EXPECT_EQ(settings[1].key, "install.cloud-init");
  EXPECT_THAT(settings[1].values, ElementsAre("a", "b"));
  EXPECT_EQ(settings[2].key, "install.recovery-system.uri");
  EXPECT_EQ(settings[2].origin, "f:4:26");
}

TEST(ElementalConfig, AListOfMappingsKeepsItsMembers) {
  const auto settings =
      parse_elemental_config("install: {extra-partitions: [{Name: data, size: 10, flags: [a]}, {name: b}]}\n", "f");
  ASSERT_EQ(settings.size(), 1U);
  EXPECT_THAT(settings[0].values, ElementsAre("name=data,size=10", "name=b"));
}

TEST(ElementalConfig, AFolderIsReadByName) {
  const testing::TempTree tree;
  tree.write("config.yaml", "reboot: a\n");
  tree.write("config.d/20.yaml", "reboot: c\n");
  tree.write("config.d/10.yaml", "reboot: b\n");
  tree.write("config.d/README", "- no: config\n");
  std::vector<std::string> values;
  for (const auto& setting : load_elemental_config(tree.path(), "config.yaml")) values.push_back(setting.values.at(0));
  EXPECT_THAT(values, ElementsAre("a", "b", "c"));
}

TEST(ElementalConfig, NoneIsNone) {
  EXPECT_THAT(load_elemental_config("/nonexistent", "config.yaml"), IsEmpty());
  EXPECT_THAT(parse_elemental_config("# empty\n", "f"), IsEmpty());
}

TEST(ElementalConfig, SomethingElseIsRefused) {
  EXPECT_THROW(parse_elemental_config("- a\n", "f"), Error);
  EXPECT_THROW(parse_elemental_config("a: [b\n", "f"), Error);
}

TEST(ElementalConfig, VariablesAreThoseOfElemental) {
  const char* const environment[] = {"PATH=/bin", "ELEMENTAL_REBOOT=true", "ELEMENTAL_X=a=b", "ELEMENTAL_ODD", nullptr};
  EXPECT_THAT(elemental_variables(environment), ElementsAre(std::pair<const std::string, std::string>("REBOOT", "true"),
                                                            std::pair<const std::string, std::string>("X", "a=b")));
}

}  // namespace
}  // namespace cairn::cmd
