// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/reasons.h"
#include "net/reasons.h"
#include "stage/run.h"
#include "support/fake_clock.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace cairn::stage {

// Keeps what would run; a line that has "fails" in it ends with status 1.
class RecordingRunner final : public Runner {
 public:
  ExecResult run(const Command& command) override {
    std::string text = command.program;
    for (const std::string& word : command.args) text += " " + word;
    ran.push_back(text);
    if (text.find("fails") != std::string::npos) {
      throw Error(cairn::reason::kToolFailed, "{} ended with status 1", command.program);
    }
    return {};
  }
  std::vector<std::string> ran;
};

class FixedFetcher final : public Fetcher {
 public:
  std::string fetch(const std::string& url, std::size_t) override {
    asked.push_back(url);
    const auto page = pages.find(url);
    if (page == pages.end()) throw Error(net::reason::kHttpNotFound, "GET {}: status 404", url);
    return page->second;
  }
  void download(const std::string& url, std::chrono::seconds, Sink& out) override {
    out.write(as_bytes(fetch(url, 0)));
  }
  std::map<std::string, std::string> pages;
  std::vector<std::string> asked;
};

// A small system in a folder, and a stage run on it. Commands are recorded without the chroot in front.
class StageTest : public ::testing::Test {
 protected:
  StageTest() {
    tree.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    tree.write("etc/group", "root:x:0:\nwheel:x:10:\n");
    tree.write("etc/shadow", "root:*:1:0:99999:7:::\n");
    tree.write("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
    tree.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    std::filesystem::create_directories(tree.path("root"));
  }

  // Runs stage boot with one step made of these keys, indented by four.
  StepResult run_step(const std::string& keys) {
    tree.write("oem/step.yaml", "stages:\n  boot:\n  - name: s\n" + keys);
    const StageReport report = run("boot");
    for (const Finding& finding : report.findings) ADD_FAILURE() << finding.text;
    return report.steps.empty() ? StepResult{} : report.steps.front();
  }
  // Runs it and expects that nothing fails.
  void do_step(const std::string& keys) {
    const StepResult result = run_step(keys);
    EXPECT_EQ(to_string(result.outcome), "ran");
    for (const Finding& problem : result.problems) ADD_FAILURE() << problem.text;
  }
  // Runs it and expects one failure that says this.
  void fail_step(const std::string& keys, const std::string& says) {
    const StepResult result = run_step(keys);
    EXPECT_EQ(to_string(result.outcome), "failed");
    ASSERT_EQ(result.problems.size(), 1U);
    EXPECT_THAT(result.problems[0].text, ::testing::HasSubstr(says));
  }

  StageReport run(const std::string& stage, const std::string& command_line = "",
                  StageSpec::Act act = StageSpec::Act::run) {
    runner.ran.clear();
    const Root root(tree.path());
    const StageTools tools{.root = root,
                           .runner = runner,
                           .fetcher = fetcher,
                           .clock = clock,
                           .output = output,
                           .set_kernel_hostname = [&](const std::string& name) { kernel_name = name; },
                           .unpack_image =
                               [&](const ImageUnpackWant& want, const std::filesystem::path& directory) {
                                 std::filesystem::create_directory(directory);
                                 atomic_write(directory / "from", as_bytes(want.source));
                               }};
    const StageReport report = run_stage({.stage = stage, .command_line = command_line, .act = act}, tools);
    const std::string prefix = "chroot -- " + root.path().string() + " ";
    for (std::string& line : runner.ran) {
      if (line.starts_with(prefix)) line.erase(0, prefix.size());
    }
    return report;
  }
  mode_t mode_of(const std::string& path) {
    return static_cast<mode_t>(std::filesystem::status(tree.path(path)).permissions());
  }

  testing::TempTree tree;
  RecordingRunner runner;
  FixedFetcher fetcher;
  testing::FakeClock clock;
  TextSink output;
  std::string kernel_name;
};

}  // namespace cairn::stage
