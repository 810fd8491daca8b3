// SPDX-License-Identifier: Apache-2.0
#include "core/progress.h"

#include "core/file.h"
#include "core/json.h"
#include "core/text.h"
#include "support/temp_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

std::string shown_by(std::unique_ptr<Progress> (*make)(int)) {
  const testing::TempTree tree;
  const UniqueFd fd(::open(tree.path("log").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const auto progress = make(fd.get());
  progress->step("downloading");
  progress->bytes(5, 10);
  progress->bytes(10, 10);
  progress->step("writing");
  progress->finish();
  return tree.read("log");
}

TEST(Progress, IsOnePlainLineAStepWithoutATerminal) {
  const auto lines = split(shown_by(make_terminal_progress), '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "  downloading (0.0 s, 10 B)");
  EXPECT_EQ(lines[1], "  writing (0.0 s)");
}

TEST(Progress, IsOneObjectALineForPrograms) {
  const auto lines = split(shown_by(make_json_progress), '\n');
  ASSERT_GE(lines.size(), 5U);
  const json::value first = parse_json(lines[1], "line");
  EXPECT_EQ(first.at("step").as_string(), "downloading");
  EXPECT_EQ(first.at("state").as_string(), "running");
  EXPECT_EQ(first.at("total").as_int64(), 10);
}

}  // namespace
}  // namespace cairn
