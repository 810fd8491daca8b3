// SPDX-License-Identifier: Apache-2.0
#include "cmd/parse.h"

#include "cmd/help.h"
#include "core/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::cmd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

int nothing(const Arguments&, Session&) { return 0; }

const std::vector<Subcommand>& table() {
  static const std::vector<Subcommand> commands = {
      {.name = "build iso",
       .summary = "build an ISO",
       .description = "Builds it.",
       .example = "cairn build iso demo",
       .positionals = {{.name = "IMAGE", .help = "what", .need = Positional::Need::optional}},
       .options = {{.names = "-o,--output", .value = "FILE", .help = "Where to."},
                   {.names = "--overlay", .value = "DIR", .help = "More.", .repeat = Option::Repeat::many},
                   {.names = "--threads", .value = "N", .help = "How many.", .fallback = "2"},
                   {.names = "--force", .value = "", .help = "Do it."}},
       .run = nothing},
      {.name = "copy",
       .summary = "copy",
       .description = "Copies.",
       .example = "cairn copy a b",
       .positionals = {{.name = "FROM", .help = "from"}, {.name = "TO", .help = "to"}},
       .options = {},
       .run = nothing},
  };
  return commands;
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse_command_line(table(), words);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kUsage.code);
    return error.what();
  }
}

TEST(ParseCommandLine, GivesOptionsAndWordsByName) {
  const Parsed parsed = parse_command_line(
      table(), {"build", "iso", "--overlay", "a", "image", "-o", "out.iso", "--overlay=b", "--force"});
  ASSERT_NE(parsed.command, nullptr);
  EXPECT_EQ(parsed.arguments.get("IMAGE"), "image");
  EXPECT_EQ(parsed.arguments.get("output"), "out.iso");
  EXPECT_THAT(parsed.arguments.all("overlay"), ElementsAre("a", "b"));
  EXPECT_TRUE(parsed.arguments.has("force"));
  EXPECT_FALSE(parsed.arguments.has("threads"));
  EXPECT_EQ(parsed.arguments.get("threads"), "2");
}

TEST(ParseCommandLine, TakesWordsAfterTwoDashesAsTheyAre) {
  const Parsed parsed = parse_command_line(table(), {"copy", "--", "-from", "--help"});
  EXPECT_EQ(parsed.arguments.get("FROM"), "-from");
  EXPECT_EQ(parsed.arguments.get("TO"), "--help");
}

TEST(ParseCommandLine, SuggestsTheNearestWord) {
  EXPECT_THAT(refusal({"biuld", "iso"}), HasSubstr("there is no command"));
  EXPECT_THAT(refusal({"build", "isoo"}), HasSubstr("did you mean build iso?"));
  EXPECT_THAT(refusal({"build", "iso", "--ouptut", "x"}), HasSubstr("did you mean --output?"));
  EXPECT_THAT(refusal({"build"}), HasSubstr("needs a second word"));
}

TEST(ParseCommandLine, RefusesWhatTheTableDoesNotHave) {
  EXPECT_THAT(refusal({"copy", "a"}), HasSubstr("TO"));
  EXPECT_THAT(refusal({"copy", "a", "b", "c"}), HasSubstr("does not take the word \"c\""));
  EXPECT_THAT(refusal({"build", "iso", "-o", "x", "-o", "y"}), HasSubstr("--output is given 2 times"));
  EXPECT_THAT(refusal({"build", "iso", "--log-level", "loud"}), HasSubstr("loud"));
  EXPECT_THAT(refusal({"build", "iso", "--output"}), HasSubstr("output"));
}

TEST(ParseCommandLine, ShowsHelpOfEverything) {
  EXPECT_THAT(parse_command_line(table(), {}).help, HasSubstr("build an ISO"));
  EXPECT_THAT(parse_command_line(table(), {"build", "--help"}).help, HasSubstr("build iso"));
  EXPECT_THAT(parse_command_line(table(), {"build", "iso", "-h"}).help, HasSubstr("Example:\n  cairn build iso demo"));
  EXPECT_THAT(parse_command_line(table(), {"help", "copy"}).help, HasSubstr("cairn copy [OPTION]... FROM TO"));
}

TEST(ManPage, DoesNotLetTextBecomeMacros) {
  Subcommand command = table()[0];
  command.description = "First.\n.so /etc/shadow\n'x \\n";
  const std::string page = man_page(command, "2026-01-01");
  EXPECT_THAT(page, HasSubstr("\\&.so /etc/shadow"));
  EXPECT_THAT(page, HasSubstr("\\&'x \\en"));
}

}  // namespace
}  // namespace cairn::cmd
