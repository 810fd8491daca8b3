// SPDX-License-Identifier: Apache-2.0
#include "api/definitions.h"

#include "api/edge_cluster.h"
#include "api/machine_inventory.h"
#include "api/machine_inventory_selector.h"
#include "api/machine_registration.h"
#include "api/managed_os_image.h"
#include "api/managed_os_version.h"
#include "api/managed_os_version_channel.h"
#include "api/metadata.h"
#include "api/seed_image.h"
#include "core/file.h"
#include "object/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>

namespace cairn::api {
namespace {

template <object::Resource T>
json::value round_trip(const json::value& document) {
  return object::encode_object(object::decode_object<T>(document));
}

const std::map<std::string, std::function<json::value(const json::value&)>, std::less<>>& trips() {
  static const std::map<std::string, std::function<json::value(const json::value&)>, std::less<>> table{
      {"MachineRegistration", round_trip<MachineRegistration>},
      {"MachineInventory", round_trip<MachineInventory>},
      {"MachineInventorySelector", round_trip<MachineInventorySelector>},
      {"MachineInventorySelectorTemplate", round_trip<MachineInventorySelectorTemplate>},
      {"SeedImage", round_trip<SeedImage>},
      {"ManagedOSImage", round_trip<ManagedOSImage>},
      {"ManagedOSVersion", round_trip<ManagedOSVersion>},
      {"ManagedOSVersionChannel", round_trip<ManagedOSVersionChannel>},
      {"Metadata", round_trip<Metadata>},
      {"EdgeCluster", round_trip<EdgeCluster>},
  };
  return table;
}

// Whether everything that `wanted` says is in `found`, or is the default that its schema has.
void expect_kept(const json::value& wanted, const json::value* found, const json::object& schema,
                 const std::string& path) {
  if (found == nullptr) {
    const auto* initial = schema.if_contains("default");
    const bool empty = wanted.is_null() || wanted == json::value(false) || wanted == json::value(0) ||
                       wanted == json::value("") || wanted == json::value(json::object{}) ||
                       wanted == json::value(json::array{});
    EXPECT_TRUE(initial != nullptr ? wanted == *initial : empty) << path << " is lost";
    return;
  }
  const auto below = [&](std::string_view word, std::string_view key) {
    const auto* part = schema.if_contains(word);
    if (part != nullptr && !key.empty()) part = part->as_object().if_contains(key);
    return part == nullptr ? json::object{} : part->as_object();
  };
  if (wanted.is_array() && found->is_array() && wanted.get_array().size() == found->get_array().size()) {
    for (std::size_t i = 0; i < wanted.get_array().size(); ++i) {
      expect_kept(wanted.at(i), &found->at(i), below("items", ""), path + "[" + std::to_string(i) + "]");
    }
  } else if (wanted.is_object() && found->is_object()) {
    for (const auto& member : wanted.get_object()) {
      expect_kept(member.value(), found->get_object().if_contains(member.key()), below("properties", member.key()),
                  path + "." + std::string(member.key()));
    }
  } else {
    EXPECT_EQ(wanted, *found) << path;
  }
}

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(CAIRN_EXAMPLES)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

json::value read_example(const std::filesystem::path& file) {
  return parse_json(read_file(file, 1 << 20), file.filename().string());
}

TEST(Definitions, EveryKindHasOneAndAnExample) {
  const auto definitions = make_definitions();
  EXPECT_EQ(definitions.size(), trips().size());
  std::set<std::string> seen;
  for (const auto& file : examples()) seen.emplace(read_example(file).at("kind").as_string());
  for (const auto& [kind, trip] : trips()) EXPECT_TRUE(seen.contains(kind)) << kind << " has no example";
}

TEST(Definitions, ExamplesAreOfTheFormOfTheirKind) {
  const auto definitions = make_definitions();
  for (const auto& file : examples()) {
    const json::value document = read_example(file);
    const auto* definition = find_definition(definitions, document);
    ASSERT_NE(definition, nullptr) << file;
    for (const auto& problem : object::find_problems(document, schema_of(*definition))) {
      ADD_FAILURE() << file.filename() << ": " << problem.path << ": " << problem.text;
    }
  }
}

TEST(Definitions, ReadingAndWritingLosesNothing) {
  const auto definitions = make_definitions();
  for (const auto& file : examples()) {
    const json::value document = read_example(file);
    const auto* definition = find_definition(definitions, document);
    ASSERT_NE(definition, nullptr) << file;
    const json::value once = trips().at(std::string(document.at("kind").as_string()))(document);
    expect_kept(document, &once, schema_of(*definition), file.filename().string());
  }
}

TEST(Definitions, MembersOfALaterVersionAreKept) {
  const json::value document = parse_json(R"({"apiVersion": "elemental.cattle.io/v1beta1", "kind": "SeedImage",
    "metadata": {"name": "a"}, "spec": {"registrationRef": {"name": "r", "later": 1}, "later": {"x": 2}}, "later": 3})",
                                          "");
  const json::value kept = round_trip<SeedImage>(document);
  EXPECT_EQ(kept.at("later"), json::value(3));
  EXPECT_EQ(kept.at("spec").at("later").at("x"), json::value(2));
  EXPECT_EQ(kept.at("spec").at("registrationRef").at("later"), json::value(1));
}

TEST(Definitions, AWrongFieldIsToldWithItsPath) {
  const auto definitions = make_definitions();
  const auto path_of = [&](std::string_view text) {
    const json::value document = parse_json(text, "");
    const auto problems = object::find_problems(document, schema_of(*find_definition(definitions, document)));
    return problems.size() == 1 ? problems[0].path : std::to_string(problems.size()) + " problems";
  };
  EXPECT_EQ(path_of(R"({"apiVersion": "cairn.dev/v1alpha1", "kind": "EdgeCluster", "spec":
    {"kubernetesVersion": "1.35", "pools": []}})"),
            "spec.kubernetesVersion");
  EXPECT_EQ(path_of(R"({"apiVersion": "cairn.dev/v1alpha1", "kind": "EdgeCluster", "spec":
    {"kubernetesVersion": "v1.35.1+kubeadm", "pools": [{"name": "a", "roles": ["etcd"], "quantity": 1}]}})"),
            "spec.pools[0].roles[0]");
  EXPECT_EQ(path_of(R"({"apiVersion": "elemental.cattle.io/v1beta1", "kind": "ManagedOSVersionChannel", "spec":
    {"type": "json", "syncInterval": "often"}})"),
            "spec.syncInterval");
  EXPECT_EQ(path_of(R"({"apiVersion": "elemental.cattle.io/v1beta1", "kind": "MachineRegistration", "spec":
    {"config": {"elemental": {"install": {"snapshotter": {"maxSnaps": 1}}}}}})"),
            "spec.config.elemental.install.snapshotter.maxSnaps");
}

TEST(Definitions, TheDrainOfARolloutIsThatOfElementalUnlessItIsNull) {
  const auto rollout = [](std::string_view spec) {
    return object::decode<ManagedOSImageSpec>(parse_json(spec, ""), "");
  };
  EXPECT_TRUE(rollout("{}").drain->force);
  EXPECT_EQ(rollout("{}").drain->skip_wait_for_delete_timeout, 60);
  EXPECT_FALSE(rollout(R"({"drain": {}})").drain->force);
  EXPECT_FALSE(rollout(R"({"drain": null})").drain.has_value());
  EXPECT_EQ(rollout("{}").failure_budget, object::IntOrString(1));
}

TEST(Definitions, TheReferencePageHasEveryFieldWithItsRules) {
  for (const auto& definition : make_definitions()) {
    if (definition.at("spec").at("names").at("kind") != "EdgeCluster") continue;
    const std::string page = make_reference_page(definition);
    EXPECT_THAT(page, testing::HasSubstr("# EdgeCluster\n"));
    EXPECT_THAT(page, testing::HasSubstr("| `spec.pools[].roles` | list of text | required |"));
    EXPECT_THAT(page, testing::HasSubstr("| Version | `.spec.kubernetesVersion` |"));
    EXPECT_THAT(page, testing::Not(testing::HasSubstr("status.conditions[]")));
  }
}

}  // namespace
}  // namespace cairn::api
