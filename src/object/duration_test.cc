// SPDX-License-Identifier: Apache-2.0
#include "object/duration.h"

#include <gtest/gtest.h>

namespace cairn::object {
namespace {

using std::chrono::milliseconds;

TEST(Duration, IsReadAsGoReadsIt) {
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  EXPECT_EQ(parse_duration("300ms"), milliseconds(300));
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("1m30s500ms"), milliseconds(90'500));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1'500));
  EXPECT_EQ(parse_duration("0.3s"), milliseconds(300));
  EXPECT_EQ(parse_duration(".5h"), milliseconds(1'800'000));
  EXPECT_EQ(parse_duration("999us"), milliseconds(0));
  EXPECT_EQ(parse_duration("2000\u00b5s"), milliseconds(2));
}

TEST(Duration, AndNothingElse) {
  for (const char* text :
       {"", "1", "s", ".s", "1 s", "-1s", "+1s", "1d", "1h30", "1e3s", "900000h", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cairn::object
