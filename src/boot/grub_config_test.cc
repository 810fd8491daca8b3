// SPDX-License-Identifier: Apache-2.0
#include "boot/grub_config.h"

#include "boot/env_block.h"
#include "boot/reasons.h"
#include "core/error.h"

#include <gtest/gtest.h>

namespace cairn::boot {
namespace {

TEST(GrubConfig, NamesThePartitionsOfTheDiskItIsOn) {
  const std::string text = grub_config({.state_partition = 5, .recovery_partition = 4, .timeout = 7});
  EXPECT_NE(text.find("set snapshots=\"($disk,gpt5)/.snapshots\""), std::string::npos);
  EXPECT_NE(text.find("set recoveries=\"($disk,gpt4)/.snapshots\""), std::string::npos);
  EXPECT_NE(text.find("set timeout=7\n"), std::string::npos);
  EXPECT_EQ(text.find('@'), std::string::npos);
  EXPECT_EQ(text.find("search"), std::string::npos);  // another disk may have the same labels
}

TEST(KernelWords, AreOneVariable) {
  const auto variables = parse_env_block(kernel_words_block("  console=ttyS0,115200  panic=10 "));
  ASSERT_TRUE(variables);
  EXPECT_EQ(*variables, (EnvVariables{{"cmdline", "console=ttyS0,115200 panic=10"}}));
}

TEST(KernelWords, OfAnyAllowedLengthMakeWholeBlocks) {
  const std::string words(4096, 'x');
  const std::string block = kernel_words_block(words);
  EXPECT_EQ(block.size() % kEnvBlockSize, 0U);
  EXPECT_EQ(parse_env_block(block)->front().second, words);
}

TEST(KernelWords, ThatTheLoaderWouldChangeAreRefused) {
  for (const std::string words : {"a='b'", "a=\"b", "a\\b", "a=*", "a=?", "a[1]", "a\nb", "\xc3\xa4", "a\tb"}) {
    try {
      kernel_words_block(words);
      ADD_FAILURE() << "accepted: " << words;
    } catch (const Error& error) {  // what the test is about
      EXPECT_EQ(error.reason().code, reason::kBadKernelWord.code);
    }
  }
  EXPECT_THROW(kernel_words_block(std::string(4097, 'x')), Error);
}

}  // namespace
}  // namespace cairn::boot
