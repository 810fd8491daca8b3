// SPDX-License-Identifier: Apache-2.0
#include "core/process.h"

#include "core/reasons.h"
#include "support/temp_tree.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

namespace cairn {
namespace {

const Reason& reason_of(const Command& command) {
  try {
    system_runner().run(command);
  } catch (const Error& error) {
    return error.reason();
  }
  static const Reason none{"", ErrorKind::internal, "", ""};
  return none;
}

TEST(Runner, PassesArgumentsUntouchedAndCapturesOutput) {
  const ExecResult result = system_runner().run({.program = "printf", .args = {"%s|", "a b", "$HOME", "*", ""}});
  EXPECT_EQ(result.output, "a b|$HOME|*||");
}

TEST(Runner, FeedsInputLargerThanAPipe) {
  const std::string input(3 << 20, 'x');
  TextSink sink;
  system_runner().run({.program = "cat", .args = {}, .input = input, .output = &sink});
  EXPECT_EQ(sink.text(), input);
}

TEST(Runner, SetsEnvironmentAndDirectory) {
  const testing::TempTree tree;
  const ExecResult result = system_runner().run({.program = "sh",
                                                 .args = {"-c", "echo $CAIRN_X; pwd"},
                                                 .directory = tree.path(),
                                                 .environment = {{"CAIRN_X", "1"}}});
  EXPECT_EQ(result.output, "1\n" + std::filesystem::canonical(tree.path()).string() + "\n");
}

TEST(Runner, SaysHowAProgramFailedAndItsLastLines) {
  try {
    system_runner().run({.program = "sh", .args = {"-c", "echo oops >&2; exit 3"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kToolFailed.code);
    const std::string text = error.what();
    EXPECT_NE(text.find("ended with status 3"), std::string::npos) << text;
    EXPECT_NE(text.find("oops"), std::string::npos) << text;
  }
}

TEST(Runner, SaysThatAProgramIsMissing) {
  EXPECT_EQ(reason_of({.program = "no-such-program-here", .args = {}}).code, reason::kToolMissing.code);
}

TEST(Runner, EndsAtTheDeadlineAndKillsTheWholeGroup) {
  const testing::TempTree tree;
  const std::string script = "sleep 30 & echo $! > " + tree.path("pid").string() + "; wait";
  EXPECT_EQ(reason_of({.program = "sh", .args = {"-c", script}, .timeout = milliseconds(400)}).code,
            reason::kTimedOut.code);
  const pid_t grandchild = std::stoi(tree.read("pid"));
  for (int i = 0; i < 50 && ::kill(grandchild, 0) == 0; ++i) std::this_thread::sleep_for(milliseconds(20));
  // A zombie whose reaper is slow still answers; its state tells.
  const std::string stat =
      ::kill(grandchild, 0) == 0 ? read_file("/proc/" + std::to_string(grandchild) + "/stat", 4096) : ") Z";
  EXPECT_NE(stat.find(") Z"), std::string::npos) << stat;
}

TEST(Runner, EndsWhenAskedToStop) {
  std::stop_source stop;
  std::jthread asker([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  EXPECT_EQ(reason_of({.program = "sleep", .args = {"30"}, .stop = stop.get_token()}).code, reason::kCanceled.code);
}

TEST(Runner, DoesNotWaitForADaemonThatKeepsThePipes) {
  const auto begin = std::chrono::steady_clock::now();
  const ExecResult result = system_runner().run({.program = "sh", .args = {"-c", "sleep 5 & echo done"}});
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST(Command, ShowsAnArgumentVectorAsAPersonWouldTypeIt) {
  EXPECT_EQ((Command{.program = "mcopy", .args = {"-s", "a b", "x\ny"}}).to_text(), "mcopy -s 'a b' 'x\\x0ay'");
}

TEST(FindProgram, LooksInPath) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_FALSE(find_program("no-such-program-here"));
}

}  // namespace
}  // namespace cairn
