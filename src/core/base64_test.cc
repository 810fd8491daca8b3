// SPDX-License-Identifier: Apache-2.0
#include "core/base64.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Base64, WritesAndReadsAnyBytes) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "\xff\xfe\x00z"}) {
    EXPECT_EQ(decode_base64(encode_base64(text)), text);
  }
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(decode_base64("Zm9vYg"), "foob");
  for (const std::string text : {"Zm9vY", "Zm 9", "Zm9=vYg=", "\n"}) EXPECT_EQ(decode_base64(text), std::nullopt);
}

}  // namespace
}  // namespace cairn
