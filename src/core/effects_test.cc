// SPDX-License-Identifier: Apache-2.0
#include "core/effects.h"

#include "core/error.h"
#include "core/reasons.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(SystemEffects, WriteThroughToTheDisk) {
  const testing::TempTree tree;
  Effects& effects = system_effects();
  effects.make_directory(tree.path("d"), 0755);
  const Effects::Handle file = effects.create(tree.path("d/new"), 0644);
  effects.allocate(file, 4096);
  effects.write(file, 0, as_bytes("hello"));
  effects.write(file, 2, as_bytes("LL"));
  effects.truncate(file, 5);
  effects.sync(file);
  effects.close(file);
  effects.sync_directory(tree.path("d"));
  effects.rename(tree.path("d/new"), tree.path("d/final"));
  EXPECT_EQ(tree.read("d/final"), "heLLo");
  effects.remove(tree.path("d/final"));
  effects.remove(tree.path("d"));
  EXPECT_THAT(tree.names(), ::testing::IsEmpty());
}

TEST(SystemEffects, RefuseToMakeAFileTwiceAndNameIt) {
  const testing::TempTree tree;
  tree.write("there", "x");
  try {
    system_effects().create(tree.path("there"), 0644);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kExists.code);
    EXPECT_NE(std::string(error.what()).find(tree.path("there").string()), std::string::npos);
  }
}

}  // namespace
}  // namespace cairn
