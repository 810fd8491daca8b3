// SPDX-License-Identifier: Apache-2.0
#include "boot/reset_request.h"

#include "core/error.h"

#include <gtest/gtest.h>

namespace cairn::boot {
namespace {

TEST(ResetRequest, SaysWhatItWasToldTo) {
  const ResetRequest request = parse_reset_request(compose({.persistent = false, .oem = true, .tries = 5}), "request");
  EXPECT_FALSE(request.persistent);
  EXPECT_TRUE(request.oem);
  EXPECT_EQ(request.tries, 5U);
}

TEST(ResetRequest, WhatIsNoneIsRefused) {
  for (const char* bad : {"", "{}", R"({"persistent": true, "oem": false, "tries": 10})", R"({"persistent": 1})"}) {
    EXPECT_THROW(parse_reset_request(bad, "request"), Error) << bad;
  }
}

}  // namespace
}  // namespace cairn::boot
