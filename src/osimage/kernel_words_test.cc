// SPDX-License-Identifier: Apache-2.0
#include "osimage/kernel_words.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::osimage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(KernelWords, SplitsAtWhiteSpaceAndDropsComments) {
  EXPECT_THAT(parse_kernel_words("quiet  console=ttyS0,115200 # serial\n\t panic=10\n#all\n", "test"),
              ElementsAre("quiet", "console=ttyS0,115200", "panic=10"));
  EXPECT_THAT(parse_kernel_words("", "test"), IsEmpty());
}

TEST(KernelWords, RefusesWhatNoLoaderCouldPassOn) {
  EXPECT_THROW(parse_kernel_words("it's", "test"), Error);
  EXPECT_THROW(parse_kernel_words("gr\xc3\xbc\xc3\x9f", "test"), Error);
  EXPECT_THROW(parse_kernel_words(std::string("a\0b", 3), "test"), Error);
  EXPECT_THROW(parse_kernel_words(std::string(kMaxCmdline + 1, 'x'), "test"), Error);
}

TEST(KernelWords, QuotesWhatGrubWouldRead) {
  EXPECT_EQ(quote_for_grub("root=/dev/sda1"), "root=/dev/sda1");
  EXPECT_EQ(quote_for_grub("a;reboot"), "'a;reboot'");
  EXPECT_EQ(quote_for_grub("$prefix"), "'$prefix'");
}

}  // namespace
}  // namespace cairn::osimage
