// SPDX-License-Identifier: Apache-2.0
#include "stage/run.h"

#include "support/stage_fixture.h"

#include <unistd.h>

namespace cairn::stage {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RunStage : public StageTest {
 protected:
  // A document whose one step of a stage runs a command.
  void put(const std::string& path, const std::string& command, const std::string& stage = "boot") {
    tree.write(path, fmt::format("stages:\n  {}:\n  - commands: [{}]\n", stage, command));
  }
  std::vector<std::string> commands() const {
    std::vector<std::string> lines;
    for (const std::string& line : runner.ran) lines.push_back(line.substr(std::string("/bin/sh -c ").size()));
    return lines;
  }
};

TEST_F(RunStage, PathsThenFilesInByteOrder) {
  put("usr/local/cloud-config/a.yaml", "local");
  put("oem/b.yml", "b");
  put("oem/B.yaml", "B");
  put("oem/a/deep.yaml", "deep");
  put("oem/.hidden.yaml", "hidden");
  put("system/oem/z.yaml", "image");
  put("oem/not.YAML", "never");
  put("oem/not.yaml.bak", "never");
  put("extra/x.yaml", "words");
  run("boot", "cairn.setup=/extra cos.setup=/does/not/exist stages.boot[0].commands[0]=line");
  EXPECT_THAT(commands(), ElementsAre("image", "hidden", "B", "deep", "b", "local", "words", "line"));
}

TEST_F(RunStage, TheMediumOfALiveSystemCounts) {
  put("run/initramfs/live/cloud-config/m.yaml", "medium");
  run("boot");
  EXPECT_THAT(commands(), IsEmpty());
  tree.write("run/cairn/state.json", R"({"format": 1, "mode": "live"})");
  run("boot");
  EXPECT_THAT(commands(), ElementsAre("medium"));
}

TEST_F(RunStage, BeforeStageAndAfterEachThroughAllPaths) {
  tree.write(
      "system/oem/a.yaml",
      "stages:\n  boot.after: [{commands: [a3]}]\n  boot: [{commands: [a2]}]\n  boot.before: [{commands: [a1]}]\n");
  tree.write("oem/b.yaml", "stages:\n  boot: [{commands: [b2]}]\n  boot.before: [{commands: [b1]}]\n");
  const StageReport report = run("boot");
  EXPECT_THAT(commands(), ElementsAre("a1", "b1", "a2", "b2", "a3"));
  EXPECT_EQ(report.steps.front().stage, "boot.before");
  EXPECT_FALSE(report.failed());
}

TEST_F(RunStage, AStepMayWriteDocumentsForTheNextPart) {
  tree.write(
      "oem/a.yaml",
      "stages:\n  boot.before:\n  - files: [{path: /oem/b.yaml, content: 'stages: {boot: [{commands: [made]}]}'}]\n");
  run("boot");
  EXPECT_THAT(commands(), ElementsAre("made"));
}

TEST_F(RunStage, ABadDocumentIsToldAndTheOthersRun) {
  tree.write("oem/a.yaml", "stages: [");
  put("oem/b.yaml", "b");
  tree.write("oem/c.yaml", "elemental: {}\nwhatever: 1\n");
  const StageReport report = run("boot");
  EXPECT_THAT(commands(), ElementsAre("b"));
  ASSERT_THAT(report.findings, SizeIs(1));  // once, not for each part of the stage
  EXPECT_THAT(report.findings[0].text, HasSubstr("/oem/a.yaml:2:1"));
  EXPECT_TRUE(report.failed());
}

TEST_F(RunStage, AMisspeltStageIsAWarning) {
  const StageReport report = run("netwrok");
  EXPECT_FALSE(report.failed());
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].text, HasSubstr("did you mean \"network\"?"));
  EXPECT_THAT(run("network").findings, IsEmpty());
}

TEST_F(RunStage, WarningsDoNotFail) {
  tree.write("oem/a.yaml", "stages:\n  boot:\n  - comands: [x]\n");
  const StageReport report = run("boot");
  EXPECT_THAT(report.findings, SizeIs(1));
  EXPECT_FALSE(report.failed());
}

TEST_F(RunStage, URLsAreFetchedOnceAndTheirFailuresTold) {
  fetcher.pages["https://h/c?a=b"] = "stages: {boot: [{commands: [web]}], boot.after: [{commands: [after]}]}";
  EXPECT_FALSE(run("boot", "elemental.setup=https://h/c?a=b").failed());
  EXPECT_THAT(commands(), ElementsAre("web", "after"));
  EXPECT_THAT(fetcher.asked, ElementsAre("https://h/c?a=b"));
  const StageReport report = run("boot", "cairn.setup=https://h/none");
  EXPECT_TRUE(report.failed());
  EXPECT_THAT(report.findings.at(0).text, HasSubstr("404"));
}

TEST_F(RunStage, PlanningRunsNothing) {
  put("oem/a.yaml", "x");
  const StageReport report = run("boot", "", StageSpec::Act::only_plan);
  EXPECT_THAT(runner.ran, IsEmpty());
  ASSERT_THAT(report.steps, SizeIs(1));
  EXPECT_EQ(to_string(report.steps[0].outcome), "planned");
}

TEST_F(RunStage, JsonSaysWhatRanWasSkippedAndFailed) {
  tree.write("oem/a.yaml", "stages:\n  boot:\n  - commands: [x]\n  - {only_os: suse}\n  - commands: [fails]\n");
  const json::object report = to_json(run("boot"));
  EXPECT_EQ(report.at("failed"), json::value(true));
  const json::array& steps = report.at("steps").get_array();
  EXPECT_EQ(steps.at(0).at("outcome"), "ran");
  EXPECT_EQ(steps.at(1).at("outcome"), "skipped");
  EXPECT_EQ(steps.at(2).at("outcome"), "failed");
  EXPECT_EQ(steps.at(2).at("problems").at(0).at("code"), "CRN-TOOL-002");
}

TEST_F(RunStage, AStopEndsTheRun) {
  put("oem/a.yaml", "x");
  std::stop_source stop;
  stop.request_stop();
  const Root root(tree.path());
  const StageTools tools{.root = root,
                         .runner = runner,
                         .fetcher = fetcher,
                         .clock = clock,
                         .output = output,
                         .set_kernel_hostname = {},
                         .stop = stop.get_token()};
  EXPECT_THROW(run_stage({.stage = "boot"}, tools), Error);
  EXPECT_THAT(runner.ran, IsEmpty());
}

// The examples of the documentation: they lint clean, and every stage in them runs.
TEST_F(RunStage, ExamplesOfTheDocumentationRun) {
  if (::geteuid() != 0) GTEST_SKIP() << "they make users, whose homes only root can give away";
  const std::string page = read_file(CAIRN_DOCUMENTS "/formats/cloud-config.md", 1 << 20);
  constexpr std::string_view kFence = "```yaml\n";
  int examples = 0;
  for (std::size_t at = page.find(kFence); at != std::string::npos; at = page.find(kFence, at)) {
    at += kFence.size();
    const std::string example = page.substr(at, page.find("```", at) - at);
    const Document document = parse_document(example, "example");
    for (const Finding& finding : document.all_findings()) ADD_FAILURE() << finding.text << " in\n" << example;
    tree.write("oem/example.yaml", example);
    for (const auto& [stage, steps] : document.stages) {
      const StageReport report = run(stage);
      EXPECT_EQ(report.steps.size(), steps.size());
      for (const StepResult& step : report.steps) {
        for (const Finding& problem : step.problems) ADD_FAILURE() << problem.text;
      }
    }
    ++examples;
  }
  EXPECT_GE(examples, 2);
}

}  // namespace
}  // namespace cairn::stage
