// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include "core/error.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace cairn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const testing::TempTree tree;
  {
    AtomicFile file(tree.path("final"), 0600);
    file.write(as_bytes("text"));
    EXPECT_FALSE(std::filesystem::exists(tree.path("final")));
    file.commit();
  }
  EXPECT_EQ(tree.read("final"), "text");
  EXPECT_THAT(tree.names(), ElementsAre("final"));
  struct stat status {};
  ASSERT_EQ(::stat(tree.path("final").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST(AtomicFile, LeavesTheOldFileAndNothingElseWhenAbandoned) {
  const testing::TempTree tree;
  tree.write("final", "old");
  {
    AtomicFile file(tree.path("final"));
    file.write(as_bytes("half of the n"));
  }
  EXPECT_EQ(tree.read("final"), "old");
  EXPECT_THAT(tree.names(), ElementsAre("final"));
}

TEST(AtomicFile, SaysWhichDirectoryIsMissing) {
  const testing::TempTree tree;
  try {
    AtomicFile file(tree.path("no/such/final"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_NE(std::string(error.what()).find("no/such/final"), std::string::npos);
  }
}

TEST(ReadFile, IsBounded) {
  const testing::TempTree tree;
  tree.write("big", std::string(2000, 'x'));
  EXPECT_EQ(read_file(tree.path("big"), 2000).size(), 2000U);
  EXPECT_THROW(read_file(tree.path("big"), 1999), Error);
}

TEST(TempDir, RemovesAllThatIsInIt) {
  const testing::TempTree tree;
  {
    const TempDir directory(tree.path(), "work");
    std::filesystem::create_directories(directory.path() / "a/b");
    atomic_write(directory.path() / "a/b/c", as_bytes("x"));
  }
  EXPECT_THAT(tree.names(), IsEmpty());
}

}  // namespace
}  // namespace cairn
