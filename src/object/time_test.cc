// SPDX-License-Identifier: Apache-2.0
#include "object/time.h"

#include <gtest/gtest.h>

namespace cairn::object {
namespace {

std::string micro(const char* text) {
  const auto time = parse_time(text);
  return time ? to_text(MicroTime(*time)) : "refused";
}

TEST(Time, AnyFormOfRfc3339) {
  EXPECT_EQ(micro("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(micro("2026-01-02T03:04:05.1234567Z"), "2026-01-02T03:04:05.123456Z");
  EXPECT_EQ(micro("2026-01-02T03:04:05.5+02:30"), "2026-01-02T00:34:05.500000Z");
  EXPECT_EQ(micro("1969-12-31T23:59:59.9Z"), "1969-12-31T23:59:59.900000Z");
  EXPECT_EQ(micro("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59.000000Z");
  EXPECT_EQ(micro("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(micro("2024-02-29T00:00:00-00:01"), "2024-02-29T00:01:00.000000Z");
}

TEST(Time, OthersAreRefused) {
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-02T24:00:00Z",
        "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+2:00", "2026-01-02T03:04:05Zx"}) {
    EXPECT_EQ(micro(text), "refused") << text;
  }
}

TEST(Time, IsWrittenInWholeSeconds) {
  EXPECT_EQ(to_text(Time(*parse_time("2026-01-02T03:04:05.9Z"))), "2026-01-02T03:04:05Z");
}

}  // namespace
}  // namespace cairn::object
