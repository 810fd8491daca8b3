// SPDX-License-Identifier: Apache-2.0
#include "rootfs/unpack.h"

#include "core/error.h"
#include "rootfs/reasons.h"
#include "support/layers.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace cairn::rootfs {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;
constexpr UnpackOptions kOwn{.keep_owner = false};

void unpack(std::initializer_list<std::vector<LayerMember>> layers, const fs::path& target) {
  const SampleLayers sample(layers);
  unpack_layers(sample.inputs(), target, kOwn, {}, silent_progress());
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(Unpack, MakesTheMergedTree) {
  const TempTree folder;
  LayerMember root = layer_directory("");
  root.entry.mtime = 77;
  unpack({{root, layer_file("a/b", "1", 0640), layer_file("gone", "x"), layer_symlink("s", "a/b")},
          {layer_whiteout(".wh.gone"), layer_link("hard", "a/b"), layer_file("a/empty", "")}},
         folder.path("out"));
  EXPECT_EQ(folder.read("out/a/b"), "1");
  EXPECT_EQ(status_of(folder.path("out/a/b")).st_mode, S_IFREG | 0640U);
  EXPECT_EQ(status_of(folder.path("out/a/b")).st_mtime, 1);
  EXPECT_EQ(status_of(folder.path("out/a/b")).st_nlink, 2U);
  EXPECT_EQ(status_of(folder.path("out")).st_mtime, 77);
  EXPECT_EQ(fs::read_symlink(folder.path("out/s")), "a/b");
  EXPECT_TRUE(fs::is_empty(folder.path("out/a/empty")));
  EXPECT_FALSE(fs::exists(folder.path("out/gone")));
  EXPECT_FALSE(fs::exists(folder.path("out/.cairn-contents")));
}

TEST(Unpack, KeepsHoles) {
  const TempTree folder;
  unpack({{layer_file("sparse", std::string(4 << 20, '\0'))}}, folder.path("out"));
  EXPECT_EQ(status_of(folder.path("out/sparse")).st_size, 4 << 20);
  EXPECT_LT(status_of(folder.path("out/sparse")).st_blocks, 100);
}

TEST(Unpack, TouchesNothingOutside) {
  const TempTree folder;
  folder.write("outside/passwd", "mine");
  unpack({{layer_symlink("etc", folder.path("outside").string())}, {layer_file("etc/passwd", "theirs")}},
         folder.path("out"));
  EXPECT_EQ(folder.read("outside/passwd"), "mine");
  EXPECT_EQ(folder.read("out/" + folder.path("outside/passwd").relative_path().string()), "theirs");
}

TEST(Unpack, WantsAnEmptyDirectory) {
  const TempTree folder;
  folder.write("out/x", "mine");
  try {
    unpack({{layer_file("a", "1")}}, folder.path("out"));
    FAIL() << "it unpacked over a file";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kNotEmpty.code);
  }
  EXPECT_EQ(folder.read("out/x"), "mine");
}

TEST(Unpack, LeavesNothingWhenItFails) {
  const TempTree folder;
  EXPECT_THROW(unpack({{layer_file("a", "1"), layer_link("b", "missing")}}, folder.path("new")), Error);
  EXPECT_THAT(folder.names(), IsEmpty());
  fs::create_directory(folder.path("there"));
  EXPECT_THROW(unpack({{layer_file("a", "1"), layer_link("b", "missing")}}, folder.path("there")), Error);
  EXPECT_THAT(folder.names(), ElementsAre("there"));
  EXPECT_TRUE(fs::is_empty(folder.path("there")));
}

}  // namespace
}  // namespace cairn::rootfs
