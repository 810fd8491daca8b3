// SPDX-License-Identifier: Apache-2.0
#include "rootfs/merge.h"

#include "rootfs/reasons.h"
#include "support/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::rootfs {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Layers = std::initializer_list<std::vector<LayerMember>>;

void list(const Inode& directory, const std::string& path, const MemoryStore& store, std::vector<std::string>& lines) {
  for (const auto& [name, child] : directory.children) {
    std::string line = path + name;
    if (child->type == NodeType::directory) line += "/";
    if (child->type == NodeType::symlink) line += " -> " + child->target;
    if (child->type == NodeType::file) line += "=" + (child->content ? store.contents.at(*child->content) : "");
    lines.push_back(line);
    if (child->type == NodeType::directory) list(*child, path + name + "/", store, lines);
  }
}

// The merged tree as lines: "dir/", "dir/file=content", "link -> target".
std::vector<std::string> merged(const Layers& layers, MemoryStore* kept = nullptr) {
  const SampleLayers sample(layers);
  MemoryStore own;
  MemoryStore& store = kept != nullptr ? *kept : own;
  const Tree tree = merge_layers(sample.inputs(), store, {}, silent_progress());
  std::vector<std::string> lines;
  list(tree.root(), "", store, lines);
  return lines;
}

std::string refusal(const Layers& layers) {
  try {
    merged(layers);
  } catch (const Error& error) {
    return fmt::format("{} {}", error.reason().code, error.what());
  }
  return "";
}

TEST(MergeLayers, UpperFilesReplaceLowerOnes) {
  EXPECT_THAT(merged({{layer_file("a", "1"), layer_file("b", "1")}, {layer_file("a", "2")}}),
              ElementsAre("a=2", "b=1"));
}

TEST(MergeLayers, DirectoriesKeepWhatLowerLayersPutIntoThem) {
  EXPECT_THAT(
      merged({{layer_directory("d"), layer_file("d/a", "1")}, {layer_directory("d", 0700), layer_file("d/b", "2")}}),
      ElementsAre("d/", "d/a=1", "d/b=2"));
}

TEST(MergeLayers, TypesReplaceEachOther) {
  EXPECT_THAT(merged({{layer_directory("x"), layer_file("x/a", "1"), layer_file("y", "1")},
                      {layer_file("x", "2"), layer_directory("y"), layer_file("y/b", "2")}}),
              ElementsAre("x=2", "y/", "y/b=2"));
}

TEST(MergeLayers, TheLastOfDuplicateEntriesCounts) {
  EXPECT_THAT(merged({{layer_file("a", "first"), layer_file("a", "last")}}), ElementsAre("a=last"));
}

TEST(MergeLayers, WhiteoutsRemoveLowerNamesOnly) {
  EXPECT_THAT(merged({{layer_file("a", "1"), layer_directory("d"), layer_file("d/x", "1")},
                      {layer_whiteout(".wh.a"), layer_whiteout(".wh.d")}}),
              IsEmpty());
  // Wherever in the layer the whiteout stands, what the layer itself brings stays.
  EXPECT_THAT(merged({{layer_file("a", "1")}, {layer_file("a", "2"), layer_whiteout(".wh.a")}}), ElementsAre("a=2"));
  EXPECT_THAT(
      merged({{layer_directory("d"), layer_file("d/old", "1")}, {layer_file("d/new", "2"), layer_whiteout(".wh.d")}}),
      ElementsAre("d/", "d/new=2"));
}

TEST(MergeLayers, OpaqueDirectoriesHideAllBelow) {
  EXPECT_THAT(merged({{layer_file("d/a", "1"), layer_file("d/e/b", "1")},
                      {layer_file("d/c", "2"), layer_whiteout("d/.wh..wh..opq")}}),
              ElementsAre("d/", "d/c=2"));
  EXPECT_THAT(merged({{layer_file("a", "1")}, {layer_whiteout(".wh..wh..opq"), layer_file("b", "2")}}),
              ElementsAre("b=2"));
}

TEST(MergeLayers, IgnoresWhatAufsLeaves) {
  EXPECT_THAT(merged({{layer_whiteout(".wh..wh.plnk"), layer_file("a", "1")}}), ElementsAre("a=1"));
}

TEST(MergeLayers, HardLinksReachAcrossLayers) {
  MemoryStore store;
  EXPECT_THAT(merged({{layer_file("a", "1")}, {layer_link("b", "a")}}, &store), ElementsAre("a=1", "b=1"));
  EXPECT_EQ(store.contents.size(), 1U);
}

TEST(MergeLayers, AHardLinkKeepsTheContentThatAnUpperLayerHides) {
  const SampleLayers layers({{layer_file("a", "old"), layer_link("b", "a")}, {layer_file("a", "new")}});
  MemoryStore store;
  const Tree tree = merge_layers(layers.inputs(), store, {}, silent_progress());
  EXPECT_EQ(store.contents.at(*tree.find("a")->content), "new");
  EXPECT_EQ(store.contents.at(*tree.find("b")->content), "old");
  EXPECT_EQ(layers.opened(), 3) << "the lower layer is read once more, for what was passed over";
}

TEST(MergeLayers, DoesNotStoreWhatIsHidden) {
  MemoryStore store;
  merged({{layer_file("a", "1"), layer_file("d/b", "1"), layer_file("c", "1")},
          {layer_file("a", "2"), layer_whiteout(".wh.d")}},
         &store);
  EXPECT_THAT(store.contents, ElementsAre("2", "1"));
}

TEST(MergeLayers, FollowsSymlinksInsideTheRoot) {
  EXPECT_THAT(merged({{layer_directory("usr/bin"), layer_symlink("bin", "usr/bin")}, {layer_file("bin/sh", "1")}}),
              ElementsAre("bin -> usr/bin", "usr/", "usr/bin/", "usr/bin/sh=1"));
  EXPECT_THAT(merged({{layer_symlink("out", "../../etc")}, {layer_file("out/passwd", "1")}}),
              ElementsAre("etc/", "etc/passwd=1", "out -> ../../etc"));
}

TEST(MergeLayers, MakesParentsThatHaveNoEntry) {
  const SampleLayers layers({{layer_file("a/b/c", "1")}});
  MemoryStore store;
  const Tree tree = merge_layers(layers.inputs(), store, {}, silent_progress());
  EXPECT_EQ(tree.find("a/b")->mode, 0755U);
  EXPECT_EQ(tree.find("a/b")->mtime, 1);
}

TEST(MergeLayers, RefusesWhatDoesNotFit) {
  EXPECT_THAT(refusal({{layer_file("a", "1"), layer_file("a/b", "2")}}), HasSubstr("CRN-FS-001"));
  EXPECT_THAT(refusal({{layer_link("b", "missing")}}), HasSubstr("\"missing\", which does not exist"));
  EXPECT_THAT(refusal({{layer_directory("d"), layer_link("b", "d")}}), HasSubstr("hard link to the directory"));
  EXPECT_THAT(refusal({{layer_whiteout("d/.wh.")}}), HasSubstr("names nothing"));
  EXPECT_THAT(refusal({{layer_symlink("x", "y"), layer_symlink("y", "x"), layer_file("x/f", "1")}}),
              HasSubstr("more than 40 symlinks"));
}

TEST(MergeLayers, BoundsDepthNumberAndSize) {
  std::string deep = "f";
  for (int i = 0; i < 1100; ++i) deep.insert(0, "d/");
  EXPECT_THAT(refusal({{layer_file(deep, "1")}}), HasSubstr("CRN-FS-002"));
  const SampleLayers layers({{layer_file("a", "12345"), layer_file("b", "12345")}});
  MemoryStore store;
  EXPECT_THROW(merge_layers(layers.inputs(), store, {.max_entries = 1}, silent_progress()), Error);
  EXPECT_THROW(merge_layers(layers.inputs(), store, {.max_content = 9}, silent_progress()), Error);
}

TEST(MergeLayers, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  const SampleLayers layers({{layer_file("a", "1")}});
  MemoryStore store;
  try {
    merge_layers(layers.inputs(), store, {}, silent_progress(), stop.get_token());
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::canceled);
  }
}

}  // namespace
}  // namespace cairn::rootfs
