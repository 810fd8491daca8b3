// SPDX-License-Identifier: Apache-2.0
#include "node/boot_request.h"

#include "core/error.h"
#include "node/reasons.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

TEST(BootRequest, NoneOfOurWordsMeansNotOurs) {
  for (const char* line :
       {"", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n", "cairn.wait=5", "xcairn.live=1 cairnlive=1"}) {
    EXPECT_EQ(parse_boot_request(line).mode, BootMode::other) << line;
  }
}

TEST(BootRequest, ReadsALiveBoot) {
  const BootRequest request = parse_boot_request(
      "BOOT_IMAGE=/boot/vmlinuz cairn.live=2026-11-23-07-55-48-00 cairn.medium=0123456789abcdef cairn.wait=90 "
      "console=ttyS0\n");
  EXPECT_EQ(request.mode, BootMode::live);
  EXPECT_EQ(request.uuid, "2026-11-23-07-55-48-00");
  EXPECT_EQ(request.medium_id, "0123456789abcdef");
  EXPECT_EQ(request.wait, std::chrono::seconds(90));
}

TEST(BootRequest, ReadsANetworkBoot) {
  const BootRequest request = parse_boot_request("cairn.netboot panic=10");
  EXPECT_EQ(request.mode, BootMode::netboot);
  EXPECT_EQ(request.medium_id, "");
  EXPECT_EQ(request.wait, std::chrono::seconds(60));
}

TEST(BootRequest, ReadsABootFromTheDisk) {
  const BootRequest request = parse_boot_request(
      "BOOT_IMAGE=/x cairn.disk=6D1F0A3C-0000-4000-8000-000000000001 cairn.snapshot=12 cairn.mode=passive "
      "cairn.twin=2 cairn.fallback=1 quiet");
  EXPECT_EQ(request.mode, BootMode::passive);
  EXPECT_EQ(request.esp.text(), "6d1f0a3c-0000-4000-8000-000000000001");
  EXPECT_EQ(request.snapshot, 12U);
  EXPECT_TRUE(request.fallback);
  EXPECT_EQ(request.twin, "2");
}

TEST(BootRequest, TheLastOfTwoCounts) { EXPECT_EQ(parse_boot_request("cairn.live=AAAA cairn.live=BBBB").uuid, "BBBB"); }

TEST(BootRequest, QuotedWordsAndWordsForInitAreNotOurs) {
  EXPECT_EQ(parse_boot_request("note=\"a cairn.netboot b\"").mode, BootMode::other);
  EXPECT_EQ(parse_boot_request("quiet -- cairn.netboot").mode, BootMode::other);
}

class BadWord : public ::testing::TestWithParam<const char*> {};

TEST_P(BadWord, IsRefusedByName) {
  try {
    parse_boot_request(std::string("quiet ") + GetParam());
    FAIL() << GetParam() << " was accepted";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kBadBootWord.code);
  }
}

INSTANTIATE_TEST_SUITE_P(Words, BadWord,
                         ::testing::Values("cairn.live", "cairn.live=", "cairn.live=../../sda", "cairn.live=a/b",
                                           "cairn.netboot=1", "cairn.medium=0123456789ABCDEF", "cairn.medium=0123",
                                           "cairn.medium", "cairn.wait=0", "cairn.wait=3601", "cairn.wait=1s",
                                           "cairn.wait", "cairn.live=A cairn.netboot", "cairn.disk=sda",
                                           "cairn.disk=00000000-0000-0000-0000-000000000000", "cairn.snapshot=0",
                                           "cairn.snapshot=1000000", "cairn.mode=live", "cairn.fallback=0",
                                           "cairn.twin=0", "cairn.twin=12",
                                           // All three must come, and not with those of a medium.
                                           "cairn.snapshot=1 cairn.mode=active", "cairn.mode=active cairn.netboot",
                                           "cairn.disk=6d1f0a3c-0000-4000-8000-000000000001 cairn.snapshot=1"));

}  // namespace
}  // namespace cairn::node
