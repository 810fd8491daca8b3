// SPDX-License-Identifier: Apache-2.0
#include "stage/plan.h"

#include "stage/kernel_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::stage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Facts sample_facts() {
  Facts facts;
  facts.hostname = "edge-17";
  facts.architectures = {"x86_64", "amd64"};
  facts.systems = {"debian", "Debian GNU/Linux 12"};
  facts.system_version = "12";
  facts.service_manager = "systemd";
  return facts;
}

// Documents a, b, c... from the steps of their stage boot, and the ids in the order planned.
std::vector<std::string> order_of(const std::vector<std::string>& steps, Findings* findings = nullptr) {
  std::vector<Document> documents;
  for (const std::string& text : steps) {
    documents.push_back(
        parse_document("stages:\n  boot:\n" + text, std::string(1, static_cast<char>('a' + documents.size()))));
  }
  const StagePlan plan = plan_stage(documents, "boot", sample_facts());
  if (findings != nullptr) *findings = plan.findings;
  std::vector<std::string> ids;
  for (const PlannedStep& step : plan.steps) ids.push_back(step.id);
  return ids;
}

TEST(Plan, OrderIsAsWritten) {
  EXPECT_THAT(order_of({"  - name: x\n  - name: y\n", "  - commands: [z]\n", "  - name: x\n"}),
              ElementsAre("a.x", "a.y", "b.0", "c.x"));
}

TEST(Plan, ADocumentWithoutTheStageDoesNotCutTheOrder) {
  EXPECT_THAT(order_of({"  - name: x\n", "  []\n", "  - name: y\n"}), ElementsAre("a.x", "c.y"));
}

TEST(Plan, StepsWithOneNameAllRun) {
  EXPECT_THAT(order_of({"  - name: x\n  - name: x\n  - name: x\n"}), ElementsAre("a.x.0", "a.x.1", "a.x.2"));
}

TEST(Plan, DocumentsWithOneNameAllRun) {
  std::vector<Document> documents;
  for (int i = 0; i < 3; ++i) {
    documents.push_back(parse_document("name: same\nstages:\n  boot:\n  - name: x\n", "file" + std::to_string(i)));
  }
  EXPECT_THAT(plan_stage(documents, "boot", sample_facts()).steps, SizeIs(3));
}

TEST(Plan, AfterHoldsAcrossDocumentsAndOthersKeepTheirOrder) {
  EXPECT_THAT(order_of({"  - name: late\n    after: [{name: b.x}]\n  - name: follows\n", "  - name: x\n  - name: y\n"}),
              ElementsAre("b.x", "a.late", "a.follows", "b.y"));
}

TEST(Plan, AfterByNumberAndByName) {
  EXPECT_THAT(order_of({"  - after: [b.0]\n", "  - name: x\n"}), ElementsAre("b.x", "a.0"));
}

TEST(Plan, AfterAnUnknownStepIsToldAndRunsLast) {
  Findings findings;
  EXPECT_THAT(order_of({"  - name: x\n    after: [{name: nobody}]\n", "  - name: y\n"}, &findings),
              ElementsAre("b.y", "a.x"));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].text, HasSubstr("no step \"nobody\""));
}

TEST(Plan, ACircleIsToldAndRunsLast) {
  Findings findings;
  EXPECT_THAT(
      order_of({"  - name: x\n    after: [{name: b.y}]\n", "  - name: y\n    after: [{name: a.x}]\n", "  - name: z\n"},
               &findings),
      ElementsAre("c.z", "a.x", "b.y"));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].text, HasSubstr("waits for itself"));
}

TEST(Plan, ManySteps) {
  std::string steps;
  for (int i = 0; i < 5000; ++i) steps += "  - {}\n";
  EXPECT_THAT(order_of({steps}), SizeIs(5000));
}

struct Condition {
  std::string key;
  std::string skip;  // empty = runs
};
class Conditioned : public ::testing::TestWithParam<Condition> {};

TEST_P(Conditioned, IsSkippedWithItsReason) {
  const Document document = parse_document("stages:\n  boot:\n  - " + GetParam().key + "\n", "t.yaml");
  EXPECT_THAT(document.all_findings(), IsEmpty());
  const StagePlan plan = plan_stage({&document, 1}, "boot", sample_facts());
  ASSERT_THAT(plan.steps, SizeIs(1));
  EXPECT_EQ(plan.steps[0].skip, GetParam().skip);
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, Conditioned,
    ::testing::Values(Condition{"node: 'edge-[0-9]+'", ""},
                      Condition{"node: '^core'", "node: \"^core\" is not edge-17"},
                      Condition{"only_os: debian|ubuntu", ""},
                      Condition{"only_os: suse", "only_os: \"suse\" is not debian, Debian GNU/Linux 12"},
                      Condition{"only_os_version: '^12'", ""},
                      Condition{"only_os_version: '11'", "only_os_version: \"11\" is not 12"},
                      Condition{"only_arch: amd64", ""}, Condition{"only_arch: x86_64", ""},
                      Condition{"only_arch: arm64", "only_arch: \"arm64\" is not x86_64, amd64"},
                      Condition{"only_service_manager: systemd", ""},
                      Condition{"only_service_manager: openrc", "only_service_manager: \"openrc\" is not systemd"}));

TEST(KernelWords, DottedStagesAreADocument) {
  const KernelWords words = parse_kernel_words(
      "quiet stages.boot.before[0].commands[0]=\"echo hi\" stages.boot.before[0].commands[1]='a b' "
      "stages.after-install[0].authorized_keys.my-user[0]=github:user stages.boot[0].sysctl[net.ipv4.ip_forward]=1 "
      "stages.boot[0].files[0].path=/x stages.boot[0].files[0].permissions=0600\n");
  EXPECT_THAT(words.findings, IsEmpty());
  const Document document = parse_document(words.document, "kernel words");
  EXPECT_THAT(document.all_findings(), IsEmpty());
  EXPECT_THAT(document.stages.at("boot.before").at(0).commands, ElementsAre("echo hi", "a b"));
  EXPECT_EQ(document.stages.at("after-install").at(0).authorized_keys.at(0).name, "my-user");
  EXPECT_EQ(document.stages.at("boot").at(0).sysctl.at("net.ipv4.ip_forward"), "1");
  EXPECT_EQ(document.stages.at("boot").at(0).files.at(0).mode, 0600U);
}

TEST(KernelWords, SetupKeepsQueries) {
  const KernelWords words = parse_kernel_words(
      "cos.setup=/run/x elemental.setup=https://h/p?a=b&c=d cairn.setup=\"/with blank\" -- cairn.setup=/not/ours");
  EXPECT_THAT(words.setup, ElementsAre("/run/x", "https://h/p?a=b&c=d", "/with blank"));
  EXPECT_FALSE(words.always_datasource);
  EXPECT_TRUE(parse_kernel_words("cairn.datasource=always").always_datasource);
  EXPECT_TRUE(parse_kernel_words("cairn.datasource=never").no_datasource);
}

TEST(KernelWords, ABadWordIsToldAndTheOthersCount) {
  for (const char* bad : {"stages.boot=1", "stages.[0].a=1", "stages.boot[0]x=1", "stages.boot[0", "stages.boot[9].a=1",
                          "stages.boot[0].=1", "stages.boot[0].name", "cairn.datasource=maybe", "cairn.setup="}) {
    const KernelWords words = parse_kernel_words(std::string(bad) + " stages.fs[0].name=x");
    EXPECT_THAT(words.findings, SizeIs(1)) << bad;
    EXPECT_EQ(words.document, R"({"stages":{"fs":[{"name":"x"}]}})") << bad;
  }
  EXPECT_THAT(parse_kernel_words("stages.a[0].b=1 stages.a[0].b=2").findings, SizeIs(1));
  EXPECT_THAT(parse_kernel_words("stages.a[0].b=1 stages.a.x[0].b=2").findings, IsEmpty());
}

}  // namespace
}  // namespace cairn::stage
