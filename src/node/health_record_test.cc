// SPDX-License-Identifier: Apache-2.0
#include "node/health_record.h"

#include "node/reasons.h"
#include "support/temp_tree.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

HealthRecord sample() {
  return {.boot_id = "b",
          .when = "2026-01-01T00:00:00Z",
          .snapshot = 2,
          .digest = "sha256:1",
          .healthy = false,
          .why = "net failed",
          .act = GateAct::given_up,
          .act_why = "1 starts next",
          .fallback = FallbackRecord{.from = 3, .to = 2, .digest = "d", .refused = true, .when = "w", .why = "y"}};
}

std::string code_of(std::string_view text) {
  try {
    parse_health_record(text, "health.json");
  } catch (const Error& error) {  // what the test is about
    return std::string(error.reason().code);
  }
  return "none";
}

TEST(HealthRecord, WhatIsWrittenIsRead) {
  const HealthReport report{
      .checks = {{.name = "a", .outcome = CheckOutcome::timed_out, .attempts = 2, .why = "w", .output = "o"}}};
  const json::object written = to_json(sample(), report);
  EXPECT_EQ(written.at("checks").at(0).at("outcome"), "timed out");
  const HealthRecord read = parse_health_record(to_text(written), "x");
  EXPECT_EQ(to_text(to_json(read, report)), to_text(written));
  EXPECT_EQ(read.fallback->from, 3U);
  EXPECT_EQ(read.act, GateAct::given_up);
}

TEST(HealthRecord, WithoutAFallback) {
  HealthRecord record = sample();
  record.fallback.reset();
  EXPECT_FALSE(parse_health_record(to_text(to_json(record, {})), "x").fallback);
}

TEST(HealthRecord, ADamagedOneIsSaid) {
  EXPECT_EQ(code_of("{"), reason::kBadHealthRecord.code);
  EXPECT_EQ(code_of("{\"format\": 2}"), reason::kBadHealthRecord.code);
  json::object written = to_json(sample(), {});
  written["verdict"] = "so-so";
  EXPECT_EQ(code_of(to_text(written)), reason::kBadHealthRecord.code);
  written["verdict"] = "good";
  written["act"] = "panic";
  EXPECT_EQ(code_of(to_text(written)), reason::kBadHealthRecord.code);
}

TEST(HealthRecord, NoneYet) {
  const cairn::testing::TempTree tree;
  EXPECT_FALSE(find_health_record(tree.path("health.json")));
}

}  // namespace
}  // namespace cairn::node
