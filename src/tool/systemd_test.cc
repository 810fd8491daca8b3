// SPDX-License-Identifier: Apache-2.0
#include "tool/systemd.h"

#include "core/reasons.h"

#include <gtest/gtest.h>

namespace cairn::tool {
namespace {

TEST(ParseUnits, NamesAndStatesByName) {
  const auto units = parse_units(
      "tmp-x\\x2dy.mount loaded failed failed       /tmp/x-y\n"
      "k3s.service       loaded activating auto-restart Lightweight Kubernetes\n");
  ASSERT_EQ(units.size(), 2U);
  EXPECT_EQ(units[0].name, "k3s.service");
  EXPECT_EQ(units[0].state, "auto-restart");
  EXPECT_EQ(units[1].name, "tmp-x\\x2dy.mount");
  EXPECT_EQ(units[1].state, "failed");
}

TEST(ParseUnits, NoneIsNone) { EXPECT_TRUE(parse_units("\n").empty()); }

TEST(ParseUnits, WhatIsNoListIsNoEmptyList) {
  try {
    parse_units("Failed to\n");
    ADD_FAILURE() << "was taken for a list";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kToolFailed.code);
  }
}

TEST(ParseJobs, WhatStartsNow) {
  const auto units = parse_jobs(
      "  1 graphical.target   start   waiting\n"
      "140 hang.service       start   running\n"
      "141 late.service       restart running\n"
      "142 a.service          start   running\n");
  EXPECT_EQ(units, (std::vector<std::string>{"a.service", "hang.service"}));
  EXPECT_TRUE(parse_jobs("").empty());
}

}  // namespace
}  // namespace cairn::tool
