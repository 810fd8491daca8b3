// SPDX-License-Identifier: Apache-2.0
#include "node/boot_disk.h"

#include "boot/grub_config.h"
#include "support/temp_tree.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

TEST(TwinMark, IsWhatTheLoaderWrote) {
  testing::TempTree tree;
  EXPECT_EQ(read_twin_mark(tree.path()), "") << "a disk of an older install";
  tree.write("cairn/twin", boot::twin_block());
  EXPECT_EQ(read_twin_mark(tree.path()), "0");
  tree.write("cairn/twin", boot::twin_block("7"));
  EXPECT_EQ(read_twin_mark(tree.path()), "7");
}

TEST(TwinMark, WhatIsNoBlockIsNoMark) {
  testing::TempTree tree;
  for (const std::string& content : {std::string(), std::string("mark=1\n"), boot::twin_block().substr(0, 500)}) {
    tree.write("cairn/twin", content);
    EXPECT_EQ(read_twin_mark(tree.path()), "") << content;
  }
}

}  // namespace
}  // namespace cairn::node
