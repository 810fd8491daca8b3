// SPDX-License-Identifier: Apache-2.0
#include "boot/firmware_entry.h"

#include "support/temp_tree.h"

#include <gtest/gtest.h>

namespace cairn::boot {
namespace {

using namespace std::string_literals;

const std::string kGlobal = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";

FirmwareEntry entry() {
  return {.partition = 2,
          .first_sector = 4096,
          .sectors = 131072,
          .id = disk::Guid::parse("6d1f0a3c-0102-4304-8506-0708090a0b0c")};
}

// UEFI 2.10: 3.1.3 (load option), 10.3.5.1 (hard drive), 10.3.5.4 (file path).
const std::string kOption =
    "\x01\0\0\0\x5e\0c\0a\0i\0r\0n\0\0\0"
    "\x04\x01\x2a\0\x02\0\0\0\0\x10\0\0\0\0\0\0\0\0\x02\0\0\0\0\0"
    "\x3c\x0a\x1f\x6d\x02\x01\x04\x43\x85\x06\x07\x08\x09\x0a\x0b\x0c\x02\x02"
    "\x04\x04\x30\0\\\0E\0F\0I\0\\\0B\0O\0O\0T\0\\\0B\0O\0O\0T\0X\0006\0004\0.\0E\0F\0I\0\0\0"
    "\x7f\xff\x04\0"s;

class FirmwareEntryTest : public ::testing::Test {
 protected:
  std::string read(const std::string& name) const { return tree_.read(name + kGlobal); }
  void put() { put_firmware_entry(entry(), tree_.path()); }
  testing::TempTree tree_;
};

TEST(LoadOption, IsAsTheSpecificationSays) { EXPECT_EQ(to_load_option(entry()), kOption); }

TEST_F(FirmwareEntryTest, TheFirstOneGetsTheFirstNumberAndPlace) {
  put();
  EXPECT_EQ(read("Boot0000"), "\x07\0\0\0"s + kOption);
  EXPECT_EQ(read("BootOrder"), "\x07\0\0\0\0\0"s);
}

TEST_F(FirmwareEntryTest, OthersStayBehindIt) {
  tree_.write("Boot0000" + kGlobal, "\x07\0\0\0\x01\0\0\0\x04\0o\0s\0\0\0\x7f\xff\x04\0"s);
  tree_.write("Boot00zz" + kGlobal, "x");
  tree_.write("BootOrder" + kGlobal, "\x07\0\0\0\0\0\x02\0"s);
  put();
  EXPECT_EQ(read("Boot0001"), "\x07\0\0\0"s + kOption);
  EXPECT_EQ(read("BootOrder"), "\x07\0\0\0\x01\0\0\0\x02\0"s);
}

TEST_F(FirmwareEntryTest, TheOneOfOurNameIsCorrectedAndMovedUp) {
  tree_.write("Boot0003" + kGlobal, "\x07\0\0\0\x01\0\0\0\x04\0c\0a\0i\0r\0n\0\0\0\x7f\xff\x04\0"s);
  tree_.write("BootOrder" + kGlobal, "\x07\0\0\0\x05\0\x03\0"s);
  put();
  EXPECT_EQ(read("Boot0003"), "\x07\0\0\0"s + kOption);
  EXPECT_EQ(read("BootOrder"), "\x07\0\0\0\x03\0\x05\0"s);
  EXPECT_FALSE(std::filesystem::exists(tree_.path("Boot0000" + kGlobal)));
}

TEST_F(FirmwareEntryTest, WhatIsRightIsNotWrittenAgain) {
  put();
  const auto before = std::filesystem::last_write_time(tree_.path("BootOrder" + kGlobal));
  std::filesystem::last_write_time(tree_.path("Boot0000" + kGlobal), before - std::chrono::hours(1));
  std::filesystem::last_write_time(tree_.path("BootOrder" + kGlobal), before - std::chrono::hours(1));
  put();
  for (const char* name : {"Boot0000", "BootOrder"}) {
    EXPECT_EQ(std::filesystem::last_write_time(tree_.path(name + kGlobal)), before - std::chrono::hours(1)) << name;
  }
}

TEST_F(FirmwareEntryTest, WithoutVariablesThereIsNoUefi) {
  EXPECT_FALSE(has_firmware_variables(tree_.path("none")));
  EXPECT_FALSE(has_firmware_variables(tree_.path()));
  put();
  EXPECT_TRUE(has_firmware_variables(tree_.path()));
}

}  // namespace
}  // namespace cairn::boot
