// SPDX-License-Identifier: Apache-2.0
#include "core/digest.h"

#include "core/reasons.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn {
namespace {

constexpr std::string_view kAbc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string read_all(Source& source) { return read_text(source, 1000, "test"); }

VerifiedSource verified(std::string_view text, std::string_view digest, std::uint64_t size) {
  return {std::make_unique<TextSource>(text), Digest::parse(digest), size, "blob"};
}

TEST(Digest, KnowsTheStandardVectors) {
  EXPECT_EQ(sha256(as_bytes("abc")).text(), kAbc);
  Hasher sha512("sha512");
  sha512.write(as_bytes("abc"));
  EXPECT_EQ(sha512.finish().text().substr(0, 20), "sha512:ddaf35a193617");
}

TEST(Digest, RefusesEverythingButTheStrictForm) {
  EXPECT_TRUE(Digest::try_parse(kAbc));
  for (const std::string& bad : std::vector<std::string>{
           "", "sha256:", "sha256:abc", std::string(kAbc) + "0",
           "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "md5:" + std::string(32, 'a'),
           "sha256:../../../../../../../../etc/passwd/////////////////////////////////", std::string(kAbc) + "\n"}) {
    EXPECT_FALSE(Digest::try_parse(bad)) << bad;
    EXPECT_THROW(Digest::parse(bad), Error);
  }
}

TEST(VerifiedSource, LetsTheRightBytesThrough) {
  auto source = verified("abc", kAbc, 3);
  EXPECT_EQ(read_all(source), "abc");
}

TEST(VerifiedSource, RefusesWrongBytesShortBytesAndLongBytes) {
  auto wrong = verified("abd", kAbc, 3);
  EXPECT_THROW(read_all(wrong), Error);
  auto cut = verified("ab", kAbc, 3);
  EXPECT_THROW(read_all(cut), Error);
  auto longer = verified("abcd", kAbc, 3);
  try {
    read_all(longer);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kDigestMismatch.code);
    EXPECT_STREQ(error.what(), "blob is longer than the 3 bytes promised");
  }
}

}  // namespace
}  // namespace cairn
