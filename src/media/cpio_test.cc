// SPDX-License-Identifier: Apache-2.0
#include "media/cpio.h"

#include "core/error.h"
#include "core/process.h"

#include <gtest/gtest.h>

namespace cairn::media {
namespace {

TEST(Cpio, OthersReadIt) {
  TextSink out;
  CpioWriter writer(out, 0);
  writer.add_directory("d");
  TextSource first("abc");
  EXPECT_EQ(writer.add_file("d/one", 3, first) % 4, 0U);
  TextSource second("four");
  writer.add_file("two", 4, second);
  writer.finish();
  EXPECT_EQ(out.text().size() % 4, 0U);
  const auto listed = system_runner().run({.program = "cpio", .args = {"-t", "--quiet"}, .input = out.text()});
  EXPECT_EQ(listed.output, "d\nd/one\ntwo\n");
  const auto content =
      system_runner().run({.program = "cpio", .args = {"-i", "--quiet", "--to-stdout", "d/one"}, .input = out.text()});
  EXPECT_EQ(content.output, "abc");
}

TEST(Cpio, AlignsToTheFileNotToTheArchive) {
  TextSink out;
  CpioWriter writer(out, 1024 + 8);
  TextSource content("abc");
  EXPECT_EQ(writer.add_file("a", 3, content), 1024U + 8 + 112);
}

TEST(Cpio, RefusesWhatTheFormatCanNotSay) {
  TextSink out;
  CpioWriter writer(out, 0);
  TextSource content("");
  EXPECT_THROW(writer.add_file("big", 1ULL << 32, content), Error);
  TextSource wrong("abc");
  EXPECT_THROW(writer.add_file("short", 4, wrong), Error);
}

}  // namespace
}  // namespace cairn::media
