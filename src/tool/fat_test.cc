// SPDX-License-Identifier: Apache-2.0
#include "tool/fat.h"

#include "core/digest.h"
#include "core/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace cairn::tool {
namespace {

namespace fs = std::filesystem;

Digest build(const fs::path& folder, const fs::path& loader) {
  fs::create_directories(folder / "scratch");
  make_fat_image(folder / "esp.img",
                 {.size = 4 << 20,
                  .label = "COS_GRUB",
                  .volume_id = 0x1234abcd,
                  .mtime = 1'700'000'000,
                  .files = {{"EFI/BOOT/BOOTX64.EFI", loader}, {"boot/grub/grub.cfg", loader}}},
                 folder / "scratch", system_runner());
  return sha256(as_bytes(read_file(folder / "esp.img", 8 << 20)));
}

TEST(Fat, SameInputSameBytes) {
  const TempDir folder(default_temp_parent(), "fat-test");
  atomic_write(folder.path() / "loader", as_bytes("loader"));
  const Digest first = build(folder.path() / "one", folder.path() / "loader");
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder.path() / "loader").c_str(), times, 0), 0);
  EXPECT_EQ(build(folder.path() / "two", folder.path() / "loader"), first);
}

TEST(Fat, HoldsTheFiles) {
  const TempDir folder(default_temp_parent(), "fat-test");
  atomic_write(folder.path() / "loader", as_bytes("loader"));
  build(folder.path() / "one", folder.path() / "loader");
  const auto result = system_runner().run(
      {.program = "mtype", .args = {"-i", (folder.path() / "one/esp.img").string(), "::/EFI/BOOT/BOOTX64.EFI"}});
  EXPECT_EQ(result.output, "loader");
}

TEST(Fat, SaysWhatFailed) {
  const TempDir folder(default_temp_parent(), "fat-test");
  fs::create_directories(folder.path() / "scratch");
  try {
    make_fat_image(folder.path() / "esp.img", {.size = 1 << 20, .label = "X", .files = {{"a/b", "/no/such/file"}}},
                   folder.path() / "scratch", system_runner());
    FAIL() << "it made an image of a file that is not there";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("/no/such/file"));
  }
}

}  // namespace
}  // namespace cairn::tool
