// SPDX-License-Identifier: Apache-2.0
#include "stage/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::stage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One step of stage boot, from its keys (indented by four).
Step read_one(const std::string& keys) {
  const Document document = parse_document("stages:\n  boot:\n  - name: s\n" + keys, "t.yaml");
  for (const Finding& finding : document.all_findings()) ADD_FAILURE() << finding.text;
  EXPECT_EQ(document.stages.at("boot").size(), 1U);
  return document.stages.at("boot").at(0);
}

std::vector<std::string> findings_of(const std::string& text) {
  std::vector<std::string> texts;
  for (const Finding& finding : parse_document(text, "t.yaml").all_findings()) texts.push_back(finding.text);
  return texts;
}

TEST(Document, ReadsStagesInTheOrderWritten) {
  const Document document = parse_document(
      "name: mine\nstages:\n  boot:\n  - name: a\n    commands: [\"echo {{ .MachineID }}\"]\n  - commands: echo b\n"
      "  boot.before:\n  - hostname: x\n",
      "t.yaml");
  EXPECT_THAT(document.all_findings(), IsEmpty());
  EXPECT_EQ(document.name, "mine");
  ASSERT_EQ(document.stages.at("boot").size(), 2U);
  EXPECT_THAT(document.stages.at("boot")[0].commands, ElementsAre("echo {{ .MachineID }}"));
  EXPECT_EQ(document.stages.at("boot")[0].place, "t.yaml:4:5");
  EXPECT_THAT(document.stages.at("boot")[1].commands, ElementsAre("echo b"));
  EXPECT_EQ(document.stages.at("boot.before")[0].hostname, "x");
}

TEST(Document, ReadsEveryKindOfMode) {
  struct Case {
    std::string_view text;
    mode_t mode;
  };
  for (const Case& c : {Case{"0644", 0644}, Case{"\"0644\"", 0644}, Case{"\"644\"", 0644}, Case{"0o600", 0600},
                        Case{"04755", 04755}, Case{"644", 0644}, Case{"755", 0755}, Case{"420", 0644},
                        Case{"384", 0600}, Case{"493", 0755}, Case{"\"420\"", 0420}}) {
    const Step step = read_one(fmt::format("    files:\n    - {{path: /a, permissions: {}}}\n", c.text));
    EXPECT_EQ(step.files[0].mode, c.mode) << c.text;
  }
  EXPECT_EQ(read_one("    files:\n    - path: /a\n").files[0].mode, 0644U);
  EXPECT_THAT(findings_of("stages:\n  boot:\n  - files:\n    - {path: /a, permissions: 511}\n"),
              ElementsAre(HasSubstr("t.yaml:4:31: 511 may be the mode 0511 or")));
}

TEST(Document, ATypeErrorSkipsOnlyItsStep) {
  const Document document = parse_document(
      "stages:\n  boot:\n  - name: bad\n    files: nonsense\n  - name: good\n    commands: [x]\n  fs:\n  - commands: "
      "{}\n",
      "t.yaml");
  ASSERT_EQ(document.stages.at("boot").size(), 1U);
  EXPECT_EQ(document.stages.at("boot")[0].name, "good");
  ASSERT_EQ(document.errors_for("boot").size(), 1U);
  EXPECT_THAT(document.errors_for("boot")[0].text, HasSubstr("t.yaml:4:12: expected a list"));
  EXPECT_EQ(document.errors_for("fs").size(), 1U);
  EXPECT_THAT(document.errors_for("network"), IsEmpty());
}

struct Bad {
  std::string text;
  std::string finding;
};
class BadDocument : public ::testing::TestWithParam<Bad> {};

TEST_P(BadDocument, IsToldWithItsPlace) {
  EXPECT_THAT(findings_of(GetParam().text), ElementsAre(HasSubstr(GetParam().finding)));
}

INSTANTIATE_TEST_SUITE_P(
    Documents, BadDocument,
    ::testing::Values(
        Bad{"stages: [", "t.yaml:2:1: did not find"}, Bad{"stages:\n- a\n", "t.yaml:2:1: expected a mapping"},
        Bad{"stages: {}\nnme: x\n", "t.yaml:2:6: the key \"nme\" is not known here; did you mean \"name\"?"},
        Bad{"stages:\n  install-after: []\n", "no stage \"install-after\" runs by itself"},
        Bad{"stages:\n  boots: []\n", "did you mean \"boot\"?"},
        Bad{"stages:\n  boot:\n  - comands: [a]\n",
            "t.yaml:3:14: the key \"comands\" is not known here; did you mean \"commands\"?"},
        Bad{"stages:\n  boot:\n  - files: [{path: a}]\n", "no absolute path"},
        Bad{"stages:\n  boot:\n  - files: [{path: /a/../b}]\n", "\"..\" is not accepted"},
        Bad{"stages:\n  boot:\n  - files: [{content: a}]\n", "the key \"path\" is missing"},
        Bad{"stages:\n  boot:\n  - files: [{path: /a, encoding: rot13}]\n", "no encoding \"rot13\""},
        Bad{"stages:\n  boot:\n  - files: [{path: /a, content: '{{ x'}]\n", "t.yaml:3:33: line 1 of the template"},
        Bad{"stages:\n  boot:\n  - downloads: [{path: /a}]\n", "the key \"url\" is missing"},
        Bad{"stages:\n  boot:\n  - node: '('\n", "the pattern \"(\""},
        Bad{"stages:\n  boot:\n  - commands: ['{{ if }}']\n", "line 1 of the template"},
        Bad{"stages:\n  boot:\n  - users: {'a:b': {}}\n", "can't be the name of a user"},
        Bad{"stages:\n  boot:\n  - users: {ada: {gecos: 'a:b'}}\n", "a colon"},
        Bad{"stages:\n  boot:\n  - users: {ada: {uid: -1}}\n", "expected the number"},
        Bad{"stages:\n  boot:\n  - ensure_entities: [{path: /etc/passwd}]\n", "\"entity\" is missing"},
        Bad{"stages:\n  boot:\n  - systemctl: {overrides: [{content: a}]}\n", "\"service\" is missing"},
        Bad{"stages:\n  boot:\n  - systemctl: {overrides: [{service: a/b}]}\n", "can't hold a slash"},
        Bad{"stages:\n  boot:\n  - datasource: {providers: [cdrom, floppy]}\n", "no datasource \"floppy\""},
        Bad{"stages:\n  boot:\n  - datasource: {providers: [cdrom, aws]}\n", "\"aws\" is not read by Cairn"},
        Bad{"stages:\n  boot:\n  - git: {url: x}\n", "\"git\" is not done by Cairn"},
        Bad{"stages:\n  boot:\n  - packages: {install: [x]}\n", "install packages in its Dockerfile"},
        Bad{"stages:\n  boot:\n  - package_pins: {a: b}\n", "\"package_pins\""},
        Bad{"stages:\n  boot:\n  - layout: {device: {label: x}}\n", "\"layout\" is not done"},
        Bad{"stages:\n  boot:\n  - unpack_images: [{source: x}]\n", "\"target\" is missing"},
        Bad{"stages:\n  boot:\n  - after: [{}]\n", "\"name\" is missing"},
        Bad{"#cloud-config\nrunmcd: [a]\n", "did you mean \"runcmd\"?"},
        Bad{"#cloud-config\npackages: [a]\n", "install packages in its Dockerfile"},
        Bad{"#cloud-config\ngrowpart: {mode: auto}\n", "grows to the end of the disk by itself"},
        Bad{"#cloud-config\nusers: [{gecos: a}]\n", "\"name\" is missing"},
        Bad{"#cloud-config\nwrite_files: [{path: /a, append: true}]\n", "\"append\" is not done"}));

TEST(Document, OtherYamlInTheFolderIsNoConfig) {
  const Document document = parse_document("elemental:\n  registration: {url: x}\nelse: 1\n", "t.yaml");
  EXPECT_FALSE(document.is_config);
  EXPECT_THAT(document.all_findings(), IsEmpty());
}

TEST(PlainCloudConfig, MeansStepsOfStages) {
  const Document document = parse_document(
      "\n#cloud-config  \nhostname: n1\nusers:\n- default\n- name: ada\n  groups: wheel, docker\n"
      "  ssh_authorized_keys: [ssh-ed25519 AAA, 'github:ada']\nssh_authorized_keys: ssh-rsa BBB\n"
      "write_files:\n- {path: /a, content: aGk=, encoding: b64, owner: 'ada:users', permissions: '0600'}\n- path: /b\n"
      "runcmd:\n- echo a\n- [echo, \"it's b\"]\n",
      "t.yaml");
  EXPECT_THAT(document.all_findings(), IsEmpty());
  EXPECT_EQ(document.stages.at("initramfs").at(0).hostname, "n1");
  const Step& boot = document.stages.at("boot").at(0);
  EXPECT_THAT(boot.commands, ElementsAre("echo a", "'echo' 'it'\\''s b'"));
  ASSERT_EQ(boot.users.size(), 1U);
  EXPECT_THAT(boot.users[0].groups, ElementsAre("wheel", "docker"));
  ASSERT_EQ(boot.authorized_keys.size(), 2U);
  EXPECT_THAT(boot.authorized_keys[1].keys, ElementsAre("ssh-rsa BBB"));
  ASSERT_EQ(boot.files.size(), 2U);
  EXPECT_EQ(boot.files[0].owner.names, "ada:users");
  EXPECT_EQ(boot.files[0].mode, 0600U);
  EXPECT_EQ(boot.files[1].mode, 0644U);
  EXPECT_THAT(document.stages.at("network").at(0).authorized_keys.at(0).keys, ElementsAre("github:ada"));
}

TEST(PlainCloudConfig, StagesBesideItCount) {
  const Document document = parse_document("#cloud-config\nhostname: a\nstages:\n  fs:\n  - commands: [x]\n", "t.yaml");
  EXPECT_EQ(document.stages.at("fs").size(), 1U);
  EXPECT_EQ(document.stages.at("initramfs").size(), 1U);
}

TEST(PlainCloudConfig, KeysWithoutUsersAreRoots) {
  const Document document = parse_document("#cloud-config\nssh_authorized_keys: [ssh-rsa A]\n", "t.yaml");
  EXPECT_EQ(document.stages.at("boot").at(0).authorized_keys.at(0).name, "root");
}

TEST(PlainCloudConfig, ABadEntryDropsOnlyItself) {
  const Document document =
      parse_document("#cloud-config\nusers: [{name: 'a b'}, {name: eve}]\nruncmd: [{a: b}, ok]\n", "t.yaml");
  EXPECT_EQ(document.errors_for("boot").size(), 2U);
  EXPECT_EQ(document.stages.at("boot").at(0).users.at(0).name, "eve");
  EXPECT_THAT(document.stages.at("boot").at(0).commands, ElementsAre("ok"));
}

}  // namespace
}  // namespace cairn::stage
