// SPDX-License-Identifier: Apache-2.0
#include "osimage/boot_files.h"

#include "core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::osimage {
namespace {

using rootfs::Inode;
using rootfs::NodeType;

// Makes the directories of a path, and a file of one byte at its end.
void add_file(rootfs::Tree& tree, std::string_view path) {
  Inode* directory = &tree.root();
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    auto& child = directory->children[std::string(path.substr(0, slash))];
    if (!child) child = std::make_shared<Inode>();
    child->type = NodeType::directory;
    directory = child.get();
    path.remove_prefix(slash + 1);
  }
  auto file = std::make_shared<Inode>();
  file->size = 1;
  directory->children[std::string(path)] = file;
}

rootfs::Tree tree_of(std::initializer_list<std::string_view> files) {
  rootfs::Tree tree;
  for (const auto file : files) add_file(tree, file);
  return tree;
}

std::string error_of(const rootfs::Tree& tree) {
  try {
    get_boot_files(tree);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(BootFiles, OrdersVersionsByNumber) {
  EXPECT_LT(compare_versions("6.1.0-9-amd64", "6.1.0-10-amd64"), 0);
  EXPECT_GT(compare_versions("6.10", "6.9"), 0);
  EXPECT_EQ(compare_versions("6.1.007", "6.1.7"), 0);
  EXPECT_LT(compare_versions("6.1", "6.1.1"), 0);
  EXPECT_GT(compare_versions("6.1.0-b", "6.1.0-a"), 0);
}

TEST(BootFiles, TakesTheNewestVersionThatHasBoth) {
  const auto tree = tree_of({"usr/lib/modules/6.1.0-9/modules.dep", "boot/vmlinuz-6.1.0-9", "boot/initrd-6.1.0-9",
                             "usr/lib/modules/6.1.0-10/modules.dep", "usr/lib/modules/6.1.0-10/vmlinuz",
                             "boot/initrd.img-6.1.0-10", "usr/lib/modules/6.1.0-11/modules.dep"});
  const BootFiles files = get_boot_files(tree);
  EXPECT_EQ(files.version, "6.1.0-10");
  EXPECT_EQ(files.kernel, "usr/lib/modules/6.1.0-10/vmlinuz");
  EXPECT_EQ(files.initramfs, "boot/initrd.img-6.1.0-10");
}

TEST(BootFiles, NeverPairsTwoVersions) {
  const auto tree =
      tree_of({"usr/lib/modules/1/modules.dep", "boot/vmlinuz-1", "usr/lib/modules/2/modules.dep", "boot/initrd-2"});
  EXPECT_THAT(error_of(tree), testing::HasSubstr("no initramfs for kernel 1"));
}

TEST(BootFiles, PrefersOurInitramfs) {
  const auto tree = tree_of({"usr/lib/modules/1/modules.dep", "boot/vmlinuz-1", "boot/initrd.img-1", "boot/initrd-1"});
  EXPECT_EQ(get_boot_files(tree).initramfs, "boot/initrd-1");
}

TEST(BootFiles, SaysWhatIsMissing) {
  EXPECT_THAT(error_of(rootfs::Tree()), testing::HasSubstr("no kernel modules"));
  EXPECT_THAT(error_of(tree_of({"usr/lib/modules/1/modules.dep", "boot/initrd-1"})),
              testing::HasSubstr("/boot/vmlinuz-1"));
}

}  // namespace
}  // namespace cairn::osimage
