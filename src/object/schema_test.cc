// SPDX-License-Identifier: Apache-2.0
#include "object/schema.h"

#include "object/condition.h"
#include "object/quantity.h"
#include "object/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::object {
namespace {

struct Item {
  std::string key;
  bool operator==(const Item&) const = default;
  static const Fields<Item>& fields() {
    static const Fields<Item> table{{"key", &Item::key, "Key.", {.required = true}}};
    return table;
  }
};

struct Drain {
  bool force = false;
  std::string extra;
  Unknown unknown;
  bool operator==(const Drain&) const = default;
  static const Fields<Drain>& fields() {
    static const Fields<Drain> table{
        {"force", &Drain::force, "Force."},
        {"extra", &Drain::extra, "Extra.", {.not_supported = "nobody needs it."}},
    };
    return table;
  }
};

struct Upgrade {
  std::optional<Drain> drain = Drain{.force = true, .extra = {}, .unknown = {}};
  std::vector<Drain> more;
  bool operator==(const Upgrade&) const = default;
  static const Fields<Upgrade>& fields() {
    static const Fields<Upgrade> table{
        {"drain", &Upgrade::drain, "Drain.", {.required = true, .nullable = true}},
        {"more", &Upgrade::more, "More."},
    };
    return table;
  }
};

struct Spec {
  std::string type = "json";
  std::string token;
  std::int64_t size = 0;
  bool enabled = true;
  std::optional<Quantity> room;
  std::vector<std::string> words;
  std::vector<Item> items;
  std::map<std::string, std::string> labels;
  json::object options;
  Item first;
  bool operator==(const Spec&) const = default;
  static const Fields<Spec>& fields() {
    static const Fields<Spec> table{
        {"type", &Spec::type, "Type.", {.one_of = {"json", "custom"}, .column = "Type"}},
        {"token",
         &Spec::token,
         "Token.",
         {.pattern = "^[a-z]*$", .max_length = 4, .cel = {{"self == oldSelf", "stays"}}}},
        {"size", &Spec::size, "Size.", {.minimum = 2, .column = "Size", .column_priority = 1}},
        {"enabled", &Spec::enabled, "On."},
        {"room", &Spec::room, "Room."},
        {"words", &Spec::words, "Words.", {.max_items = 2, .items = {{"maxLength", 3}}}},
        {"items", &Spec::items, "Items.", {.list_key = "key"}},
        {"labels", &Spec::labels, "Labels."},
        {"options", &Spec::options, "Options."},
        {"first", &Spec::first, "First.", {.required = true, .default_object = true}},
    };
    return table;
  }
};

struct Status {
  std::vector<Condition> conditions;
  std::optional<Time> synced;
  bool operator==(const Status&) const = default;
  static const Fields<Status>& fields() {
    static const Fields<Status> table{
        {"conditions", &Status::conditions, "Conditions.", condition_list()},
        {"synced", &Status::synced, "When.", {.column = "Synced"}},
    };
    return table;
  }
};

struct Channel {
  ObjectMeta metadata;
  Spec spec;
  Status status;
  bool operator==(const Channel&) const = default;
  static const Kind& kind() {
    static const Kind kind{.group = "cairn.test",
                           .version = "v1",
                           .name = "Channel",
                           .plural = "channels",
                           .doc = "Where versions come from.",
                           .short_names = {"chn"},
                           .columns = {{.name = "Ready", .path = ".status.conditions[?(@.type==\"Ready\")].status"}},
                           .status = Kind::Status::sub_resource};
    return kind;
  }
  static const Fields<Channel>& fields() {
    static const Fields<Channel> table{
        {"metadata", &Channel::metadata, "Metadata."},
        {"spec", &Channel::spec, "Wanted.", {.required = true}},
        {"status", &Channel::status, "Observed."},
    };
    return table;
  }
};

std::vector<Problem> problems_of(std::string_view text) {
  return find_problems(parse_json(text, "test"), make_schema<Channel>());
}

testing::Matcher<std::vector<Problem>> only(const char* path, const char* text) {
  return testing::ElementsAre(
      testing::AllOf(testing::Field(&Problem::path, path), testing::Field(&Problem::text, testing::HasSubstr(text))));
}

TEST(Schema, EveryWordOfTheDescriptionIsInIt) {
  const json::value schema = Codec<Spec>::schema();
  const auto& properties = schema.at("properties").as_object();
  EXPECT_EQ(
      properties.at("type"),
      parse_json(R"({"description": "Type.", "type": "string", "default": "json", "enum": ["json", "custom"]})", ""));
  EXPECT_EQ(properties.at("token"), parse_json(R"({"description": "Token.", "type": "string", "pattern": "^[a-z]*$",
    "maxLength": 4, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "stays"}]})",
                                               ""));
  EXPECT_EQ(properties.at("enabled").at("default"), json::value(true));
  EXPECT_EQ(properties.at("words"), parse_json(R"({"description": "Words.", "type": "array", "maxItems": 2,
    "items": {"type": "string", "maxLength": 3}})",
                                               ""));
  EXPECT_EQ(properties.at("items").at("x-kubernetes-list-map-keys"), parse_json(R"(["key"])", ""));
  EXPECT_EQ(properties.at("first").at("default"), json::value(json::object{}));
  EXPECT_EQ(properties.at("options").at("x-kubernetes-preserve-unknown-fields"), json::value(true));
  EXPECT_FALSE(properties.at("size").as_object().contains("default"));
  EXPECT_EQ(schema.at("required"), parse_json(R"(["first"])", ""));
}

TEST(Schema, NullOfANullableFieldIsNotItsDefault) {
  const json::value schema = Codec<Upgrade>::schema();
  EXPECT_EQ(schema.at("properties").at("drain").at("default"), parse_json(R"({"force": true})", ""));
  EXPECT_TRUE(decode<Upgrade>(parse_json("{}", ""), "").drain->force);
  EXPECT_FALSE(decode<Upgrade>(parse_json(R"({"drain": {}})", ""), "").drain->force);
  const auto none = decode<Upgrade>(parse_json(R"({"drain": null})", ""), "");
  EXPECT_FALSE(none.drain.has_value());
  EXPECT_EQ(encode(none), parse_json(R"({"drain": null})", ""));
}

TEST(Schema, WhatNobodyActsOnIsToldWithItsPath) {
  EXPECT_EQ(Codec<Drain>::schema().at("properties").at("extra").at("description"),
            "Extra. Not supported: nobody needs it.");
  const auto upgrade = decode<Upgrade>(parse_json(R"({"drain": {"extra": "x", "force": true},
    "more": [{"force": true}, {"any": 1}]})",
                                                  ""),
                                       "");
  EXPECT_THAT(find_unsupported(upgrade, "spec"), testing::ElementsAre("spec.drain.extra", "spec.more[1].any"));
  EXPECT_THAT(find_unsupported(Upgrade{}, "spec"), testing::IsEmpty());
}

TEST(Schema, ADefinitionHasColumnsNamesAndStatus) {
  const json::value definition = make_definition<Channel>();
  EXPECT_EQ(definition.at("metadata").at("name"), "channels.cairn.test");
  EXPECT_EQ(definition.at("spec").at("names"), parse_json(R"({"kind": "Channel", "listKind": "ChannelList",
    "plural": "channels", "singular": "channel", "shortNames": ["chn"]})",
                                                          ""));
  const auto& version = definition.at("spec").at("versions").as_array().at(0);
  EXPECT_EQ(version.at("subresources"), parse_json(R"({"status": {}})", ""));
  EXPECT_EQ(version.at("additionalPrinterColumns"), parse_json(R"([
    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
    {"name": "Type", "type": "string", "jsonPath": ".spec.type", "description": "Type."},
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "Size.", "priority": 1},
    {"name": "Synced", "type": "date", "jsonPath": ".status.synced", "description": "When."},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}])",
                                                               ""));
  const auto& schema = version.at("schema").at("openAPIV3Schema").as_object();
  EXPECT_EQ(schema.at("properties").at("metadata"), parse_json(R"({"type": "object"})", ""));
  EXPECT_TRUE(schema.at("properties").as_object().contains("apiVersion"));
}

TEST(Schema, GoodDocumentsHaveNoProblems) {
  EXPECT_THAT(problems_of(R"({"apiVersion": "cairn.test/v1", "kind": "Channel", "metadata": {"name": "a"},
    "spec": {"first": {"key": "k"}, "room": "6Gi", "words": ["abc"], "labels": {"x": "y"}, "options": {"any": 1},
    "token": "äöüß", "size": null}})")
                  .size(),
              1U);  // the token's pattern; its length is four
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "room": 6, "size": 2}})"), testing::IsEmpty());
}

TEST(Schema, EachProblemIsToldWithItsPath) {
  EXPECT_THAT(problems_of("{}"), only("spec", "is missing"));
  // The one that the API server makes has no key.
  EXPECT_THAT(problems_of(R"({"spec": {}})"), testing::IsEmpty());
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "type": "oci"}})"),
              only("spec.type", "none of json, custom"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "tokn": "x"}})"), only("spec.tokn", "\"token\" is near"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "token": "abcde"}})"), only("spec.token", "length is 5"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "size": 1}})"), only("spec.size", "at least 2"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "size": "1"}})"), only("spec.size", "whole number"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "words": ["abcd"]}})"),
              only("spec.words[0]", "length is 4"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "room": "six"}})"), only("spec.room", "does not match"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "items": [{}]}})"),
              only("spec.items[0].key", "is missing"));
  EXPECT_THAT(problems_of(R"({"spec": {"first": {"key": "k"}, "labels": {"x": 1}}})"), only("spec.labels.x", "text"));
  EXPECT_THAT(problems_of("[]"), only("", "expected an object"));
}

TEST(Schema, CheckDocumentNamesTheFirstProblems) {
  try {
    check_document(parse_json(R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"spec":{"first":{"key":"k"}}})", ""),
                   make_schema<Channel>(), "channel.yaml");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kBadObject.code);
    EXPECT_THAT(error.message(), testing::StartsWith("channel.yaml: a: unknown field; b: "));
    EXPECT_THAT(error.message(), testing::EndsWith("; and 1 more"));
  }
}

}  // namespace
}  // namespace cairn::object
