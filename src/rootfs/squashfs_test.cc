// SPDX-License-Identifier: Apache-2.0
#include "core/digest.h"
#include "core/file.h"
#include "core/process.h"
#include "rootfs/reasons.h"
#include "rootfs/squashfs_writer.h"
#include "support/layers.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>

namespace cairn::rootfs {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kBlock = 128 * 1024;

// Compressible, but no two blocks alike.
std::string text_of(std::size_t size, int seed) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += fmt::format("line {} of {}\n", i * 7919, seed);
  text.resize(size);
  return text;
}

std::vector<LayerMember> sample_members() {
  std::vector<LayerMember> members = {layer_directory("usr"), layer_directory("usr/empty", 01777),
                                      layer_file("usr/nothing", ""), layer_file("usr/small", "small", 04755),
                                      layer_symlink("lib", "usr/lib")};
  for (int i = 0; i < 12; ++i) members.push_back(layer_file(fmt::format("f{}", i), text_of(kBlock * 2 + 100, i)));
  members.push_back(layer_file("zeros", std::string(kBlock * 3 + 5, '\0')));
  members.push_back(layer_link("usr/again", "usr/small"));
  members.push_back({.entry = {.path = "null",
                               .type = archive::EntryType::char_device,
                               .mode = 0666,
                               .device_major = 1,
                               .device_minor = 3}});
  members.push_back({.entry = {.path = "pipe", .type = archive::EntryType::fifo, .mode = 0600}});
  members.back().entry.uid = 70000;
  return members;
}

// What it prints, runs of spaces as one.
std::string unsquashfs(std::vector<std::string> args) {
  std::string output = system_runner().run({.program = "unsquashfs", .args = std::move(args)}).output;
  const auto both_spaces = [](char left, char right) { return left == ' ' && right == ' '; };
  output.erase(std::unique(output.begin(), output.end(), both_spaces), output.end());
  return output;
}

Digest write(const std::filesystem::path& path, const SquashfsOptions& options) {
  const SampleLayers layers({sample_members()});
  SquashfsWriter writer(path, options);
  const Tree tree = merge_layers(layers.inputs(), writer, {}, silent_progress());
  writer.finish(tree);
  return sha256(as_bytes(read_file(path, 64 << 20)));
}

TEST(SquashfsWriter, KeepsNamesTypesModesOwnersAndTimes) {
  const TempTree folder;
  write(folder.path("image"), {});
  const std::string listing = unsquashfs({"-lln", "-UTC", folder.path("image")});
  EXPECT_THAT(listing, HasSubstr("drwxrwxrwt 0/0"));
  EXPECT_THAT(listing, HasSubstr("-rwsr-xr-x 0/0 5 1970-01-01 00:00 squashfs-root/usr/small"));
  EXPECT_THAT(listing, HasSubstr("squashfs-root/lib -> usr/lib"));
  EXPECT_THAT(listing, HasSubstr("crw-rw-rw- 0/0 1, 3 1970-01-01 00:00 squashfs-root/null"));
  EXPECT_THAT(listing, HasSubstr("prw------- 70000/0"));
}

TEST(SquashfsWriter, KeepsContents) {
  for (const auto compression : {SquashfsCompression::zstd, SquashfsCompression::gzip, SquashfsCompression::none}) {
    const TempTree folder;
    write(folder.path("image"), {.compression = compression, .level = 3});
    unsquashfs({"-n", "-q", "-d", folder.path("out"), "-no-xattrs", folder.path("image"), "f7", "zeros", "usr"});
    EXPECT_EQ(folder.read("out/f7"), text_of(kBlock * 2 + 100, 7));
    EXPECT_EQ(folder.read("out/zeros"), std::string(kBlock * 3 + 5, '\0'));
    EXPECT_EQ(folder.read("out/usr/again"), "small");
    EXPECT_TRUE(std::filesystem::equivalent(folder.path("out/usr/again"), folder.path("out/usr/small")));
  }
}

TEST(SquashfsWriter, TheBytesDoNotDependOnThreads) {
  const TempTree folder;
  const Digest one = write(folder.path("1"), {.threads = 1});
  EXPECT_EQ(write(folder.path("2"), {.threads = 2}), one);
  EXPECT_EQ(write(folder.path("4"), {.threads = 4}), one);
  EXPECT_EQ(write(folder.path("again"), {.threads = 2}), one);
  EXPECT_NE(write(folder.path("later"), {.threads = 2, .mtime = 7}), one);
}

TEST(SquashfsWriter, ReadsBackWhatItWrote) {
  const TempTree folder;
  const SampleLayers layers({sample_members()});
  SquashfsWriter writer(folder.path("image"), {});
  const Tree tree = merge_layers(layers.inputs(), writer, {}, silent_progress());
  writer.finish(tree);
  EXPECT_EQ(read_text(*writer.open(*tree.find("f3")), 1 << 20, "f3"), text_of(kBlock * 2 + 100, 3));
  EXPECT_EQ(read_text(*writer.open(*tree.find("usr/small")), 100, "small"), "small");
  EXPECT_EQ(read_text(*writer.open(*tree.find("usr/nothing")), 100, "nothing"), "");
}

TEST(SquashfsWriter, NamesTheAttributesThatItCanNotHold) {
  const TempTree folder;
  LayerMember file = layer_file("d/f", "x");
  file.entry.xattrs = {{"user.a", "1"}, {"system.posix_acl_access", "2"}};
  const SampleLayers layers({{file}});
  SquashfsWriter writer(folder.path("image"), {});
  const Tree tree = merge_layers(layers.inputs(), writer, {}, silent_progress());
  EXPECT_THAT(writer.finish(tree).dropped_xattrs, ElementsAre("/d/f: system.posix_acl_access"));
}

// What the library would write, and no kernel could read.
TEST(SquashfsWriter, RefusesNamesThatAreTooLong) {
  const TempTree folder;
  SquashfsWriter writer(folder.path("image"), {});
  Tree tree;
  tree.root().children[std::string(256, 'n')] = std::make_shared<Inode>();
  EXPECT_THROW(writer.finish(tree), Error);
}

TEST(SquashfsWriter, ClampsTimes) {
  const TempTree folder;
  LayerMember early = layer_file("early", "x");
  early.entry.mtime = -5;
  LayerMember late = layer_file("late", "x");
  late.entry.mtime = 1LL << 33;
  const SampleLayers layers({{early, late}});
  SquashfsWriter writer(folder.path("image"), {});
  const Tree tree = merge_layers(layers.inputs(), writer, {}, silent_progress());
  writer.finish(tree);
  const std::string listing = unsquashfs({"-lln", "-UTC", folder.path("image")});
  EXPECT_THAT(listing, HasSubstr("1970-01-01 00:00 squashfs-root/early"));
  EXPECT_THAT(listing, HasSubstr("2106-02-07 06:28 squashfs-root/late"));
}

TEST(SquashfsWriter, ManyEntriesInOneDirectory) {
  const TempTree folder;
  std::vector<LayerMember> members;
  for (int i = 0; i < 5000; ++i) members.push_back(layer_file(fmt::format("d/a-rather-long-name-{}", i), ""));
  const SampleLayers layers({members});
  SquashfsWriter writer(folder.path("image"), {});
  const Tree tree = merge_layers(layers.inputs(), writer, {}, silent_progress());
  EXPECT_EQ(writer.finish(tree).inodes, 5002U);
  const std::string listing = unsquashfs({"-l", folder.path("image")});
  EXPECT_EQ(std::count(listing.begin(), listing.end(), '\n'), 5002);
}

TEST(SquashfsWriter, SaysWhyTheDiskTookNoMore) {
  const TempTree folder;
  const rlimit small{.rlim_cur = 64 * 1024, .rlim_max = RLIM_INFINITY};
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  std::string message;
  try {
    const SampleLayers layers({sample_members()});
    SquashfsWriter writer(folder.path("image"), {.compression = SquashfsCompression::none});
    ::setrlimit(RLIMIT_FSIZE, &small);
    const Tree tree = merge_layers(layers.inputs(), writer, {}, silent_progress());
    writer.finish(tree);
  } catch (const Error& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(message, HasSubstr(folder.path("image").string()));
  EXPECT_THAT(message, HasSubstr("File too large"));
}

}  // namespace
}  // namespace cairn::rootfs
