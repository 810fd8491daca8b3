// SPDX-License-Identifier: Apache-2.0
#include "core/utc.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Utc, ComesBackAsItWas) {
  EXPECT_EQ(format_utc(1767225600), "2026-01-01T00:00:00Z");
  EXPECT_EQ(parse_utc("2026-01-01T00:00:00Z"), 1767225600);
}

TEST(Utc, WholeSecondsOfATimeAreWritten) {
  const auto time = std::chrono::system_clock::from_time_t(1767225600) + std::chrono::milliseconds(999);
  EXPECT_EQ(format_utc(time), "2026-01-01T00:00:00Z");
}

TEST(Utc, IsReadWithFractionsAndOffsets) {
  EXPECT_EQ(parse_utc("2026-01-01T00:00:00.123456789Z"), 1767225600);
  EXPECT_EQ(parse_utc("2026-01-01T02:30:00+02:30"), 1767225600);
  EXPECT_EQ(parse_utc("2025-12-31T23:00:00.5-01:00"), 1767225600);
}

TEST(Utc, OtherTextIsNoTime) {
  for (const char* text : {"", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+2",
                           "2026-01-01T00:00:00+02:xx", "2026-01-01T00:00:00."}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cairn
