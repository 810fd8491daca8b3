// SPDX-License-Identifier: Apache-2.0
#include "object/fields.h"

#include "object/kind.h"
#include "object/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::object {
namespace {

enum class Form { iso, raw };
constexpr std::array<std::pair<Form, std::string_view>, 2> names_of(Form) {
  return {{{Form::iso, "iso"}, {Form::raw, "raw"}}};
}

struct Disk {
  std::string name;
  std::int32_t copies = 2;
  Unknown unknown;
  bool operator==(const Disk&) const = default;
  static const Fields<Disk>& fields() {
    static const Fields<Disk> table{
        {"name", &Disk::name, "Name of the disk.", {.required = true}},
        {"copies", &Disk::copies, "How many."},
    };
    return table;
  }
};

struct BoxSpec {
  Form form = Form::raw;
  bool enabled = true;
  std::int64_t seed = 0;
  std::optional<std::string> token;
  std::optional<Disk> main;
  std::vector<Disk> disks;
  std::map<std::string, std::string> labels;
  json::object config;
  json::value anything;
  Unknown unknown;
  bool operator==(const BoxSpec&) const = default;
  static const Fields<BoxSpec>& fields() {
    static const Fields<BoxSpec> table{
        {"form", &BoxSpec::form, "Form."},
        {"enabled", &BoxSpec::enabled, "Whether it is on."},
        {"seed", &BoxSpec::seed, "Seed."},
        {"token", &BoxSpec::token, "Token."},
        {"main", &BoxSpec::main, "Main disk.", {.required = true, .nullable = true}},
        {"disks", &BoxSpec::disks, "Disks."},
        {"labels", &BoxSpec::labels, "Labels."},
        {"config", &BoxSpec::config, "Any object."},
        {"anything", &BoxSpec::anything, "Anything."},
    };
    return table;
  }
};

struct Box {
  ObjectMeta metadata;
  BoxSpec spec;
  Unknown unknown;
  bool operator==(const Box&) const = default;
  static const Kind& kind() {
    static const Kind kind{.group = "cairn.test", .version = "v1", .name = "Box", .plural = "boxes"};
    return kind;
  }
  static const Fields<Box>& fields() {
    static const Fields<Box> table{
        {"metadata", &Box::metadata, "Metadata."},
        {"spec", &Box::spec, "What is wanted.", {.required = true}},
    };
    return table;
  }
};

// A record of a cache: fewer fields, unknown ones dropped.
struct BoxRecord {
  ObjectMeta metadata;
  bool operator==(const BoxRecord&) const = default;
  static const Fields<BoxRecord>& fields() {
    static const Fields<BoxRecord> table{{"metadata", &BoxRecord::metadata, "Metadata."}};
    return table;
  }
};

json::value read(std::string_view text) { return parse_json(text, "test"); }

std::string refusal(std::string_view text) {
  try {
    decode_object<Box>(read(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kBadObject.code);
    return error.message();
  }
  return "accepted";
}

TEST(Fields, WhatWasReadIsWrittenWithItsUnknownMembers) {
  const auto document = read(R"({"apiVersion": "cairn.test/v1", "kind": "Box",
    "metadata": {"name": "a", "namespace": "n", "resourceVersion": "7", "managedFields": [{"manager": "m"}]},
    "spec": {"form": "iso", "enabled": false, "seed": 9007199254740993, "token": "", "main": {"name": "x", "future": 1},
      "disks": [{"name": "y", "copies": 3}], "labels": {"a": "b"}, "config": {"deep": [null, 1.5]}, "anything": [1],
      "extra": {"kept": null}},
    "later": true})");
  const Box box = decode_object<Box>(document);
  EXPECT_EQ(box.spec.form, Form::iso);
  EXPECT_EQ(box.spec.seed, 9007199254740993);
  EXPECT_EQ(box.spec.token, "");
  EXPECT_EQ(box.spec.disks.at(0).copies, 3);
  EXPECT_EQ(encode_object(box), document);
}

TEST(Fields, AFieldThatIsMissingOrNullHasTheInitialValueAndIsNotWritten) {
  const Box box = decode_object<Box>(read(R"({"spec": {"main": null, "enabled": null}})"));
  EXPECT_TRUE(box.spec.enabled);
  EXPECT_EQ(box.spec.form, Form::raw);
  EXPECT_EQ(encode(box), read(R"({"spec": {"main": null}})"));
}

TEST(Fields, ADefaultThatIsTrueCanBeWrittenAsFalse) {
  Box box;
  box.spec.enabled = false;
  EXPECT_EQ(encode(box).at("spec").at("enabled"), json::value(false));
}

TEST(Fields, AWrongFieldIsRefusedWithItsPath) {
  EXPECT_EQ(
      refusal(R"({"metadata": {"name": "a", "namespace": "n"}, "spec": {"disks": [{"name": "x"}, {"name": 3}]}})"),
      "Box n/a: spec.disks[1].name: expected text");
  EXPECT_EQ(refusal(R"({"metadata": {"labels": {"a.b/c": 1}}})"), "Box : metadata.labels[\"a.b/c\"]: expected text");
  EXPECT_EQ(refusal(R"({"spec": {"form": "tape"}})"), "Box : spec.form: \"tape\" is none of iso, raw");
  EXPECT_EQ(refusal(R"({"spec": {"seed": 1.5}})"), "Box : spec.seed: expected a whole number");
  EXPECT_EQ(refusal(R"({"spec": {"main": {"copies": 4294967296}}})"),
            "Box : spec.main.copies: the number is out of range");
  EXPECT_EQ(refusal(R"({"spec": []})"), "Box : spec: expected an object");
  EXPECT_EQ(refusal(R"({"apiVersion": "v1", "kind": "Pod"})"), "expected cairn.test/v1 Box, got v1 Pod");
}

TEST(Fields, ARecordDropsWhatItDoesNotKnow) {
  const auto record = decode<BoxRecord>(read(R"({"metadata": {"name": "a"}, "spec": {"seed": 1}})"), "box");
  EXPECT_EQ(encode(record), read(R"({"metadata": {"name": "a"}})"));
}

TEST(Fields, AWholeNumberMayBeWrittenWithAPoint) {
  EXPECT_EQ(decode_object<Box>(read(R"({"spec": {"seed": 3.0}})")).spec.seed, 3);
  EXPECT_THAT(refusal(R"({"spec": {"seed": 1e300}})"), testing::HasSubstr("whole number"));
}

}  // namespace
}  // namespace cairn::object
