// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental.h"

#include "cmd/reasons.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::cmd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Option value(std::string_view names) { return {.names = names, .value = "X", .help = ""}; }
Option on_off(std::string_view names) { return {.names = names, .value = "", .help = ""}; }

Subcommand command(std::string_view name, std::vector<Option> options) {
  return {.name = name,
          .summary = "",
          .description = "",
          .example = "",
          .positionals = {},
          .options = std::move(options),
          .run = nullptr};
}

// Commands of ours as far as the table knows them.
std::vector<Subcommand> ours() {
  return {
      command("build iso", {value("-o,--output"), value("--label"), value("--files"), value("--overlay"),
                            value("--append"), value("--platform"), value("--compression")}),
      command("build disk", {value("-o,--output"), value("--size"), on_off("--grow"), value("--cloud-config"),
                             value("--platform"), value("--compression")}),
      command("install", {on_off("--reboot"), on_off("--poweroff"), value("--cloud-config"), on_off("--force")}),
      command("upgrade", {on_off("--reboot"), on_off("--poweroff"), on_off("--recovery"), value("--platform"),
                          on_off("--no-tls-verify")}),
      command("reset", {on_off("--reboot"), on_off("--poweroff"), on_off("--keep-persistent"), on_off("--wipe-oem")}),
      command("init", {on_off("--no-initramfs"), on_off("--force")}),
      command("mount", {value("--sysroot")}),
      command("image unpack", {value("--platform"), on_off("--no-tls-verify")}),
      command("stage run", {value("--path")}),
      command("status", {on_off("--json")}),
      command("version", {on_off("--json")}),
  };
}

class Elemental : public ::testing::Test {
 protected:
  ElementalTranslation translate(const std::string& line) {
    return translate_elemental(parse_elemental(split(line, ' ')), world_, commands_);
  }
  // Our line; of several, all, with "; " between.
  std::string line(const std::string& theirs) {
    std::string all;
    for (const auto& one : translate(theirs).lines)
      all += fmt::format("{}{}", all.empty() ? "" : "; ", fmt::join(one, " "));
    return all;
  }
  std::string failure(const std::string& theirs) {
    try {
      return "none: " + line(theirs);
    } catch (const Error& error) {  // what the test is about
      return fmt::format("{} {}", error.reason().code, error.what());
    }
  }
  void configure(std::string_view text) { world_.settings = parse_elemental_config(text, "config.yaml"); }

  std::vector<Subcommand> commands_ = ours();
  ElementalWorld world_{.settings = {}, .variables = {}, .date = "20260203"};
};

TEST_F(Elemental, EveryCommandBecomesOneOfOurs) {
  EXPECT_EQ(line("version"), "version");
  EXPECT_EQ(line("version --long"), "version --json");
  EXPECT_EQ(line("state"), "status --json");
  EXPECT_EQ(line("mount"), "mount");
  EXPECT_EQ(line("init"), "init");
  EXPECT_EQ(line("init --mkinitrd=false -f elemental-rootfs,grub-config"), "init --no-initramfs --force");
  EXPECT_EQ(line("run-stage boot --cloud-init-paths /a,/b"), "stage run --path=/a --path=/b -- boot");
  EXPECT_EQ(line("pull-image --tls-verify=false oci:r.io/os:1 /dir"), "image unpack --no-tls-verify -- r.io/os:1 /dir");
  EXPECT_EQ(line("reset"), "reset --keep-persistent");
  EXPECT_EQ(line("reset --reset-persistent --reset-oem --reboot"), "reset --reboot --wipe-oem");
}

TEST_F(Elemental, Install) {
  EXPECT_EQ(line("install --cloud-init a.yaml,b.yaml --reboot --force /dev/sda"),
            "install --reboot --cloud-config=a.yaml --cloud-config=b.yaml --force -- /dev/sda");
  EXPECT_EQ(line("--debug install -c a.yaml --firmware=efi --part-table gpt"),
            "install --cloud-config=a.yaml --log-level=debug");
  EXPECT_EQ(line("install --reboot=false /dev/sda"), "install -- /dev/sda");
}

TEST_F(Elemental, Upgrade) {
  EXPECT_EQ(line("upgrade --system oci:registry.example.org/os:2 --reboot"),
            "upgrade --reboot -- registry.example.org/os:2");
  EXPECT_EQ(line("upgrade -d registry.example.org/os:2 --platform linux/arm64"),
            "upgrade --platform=linux/arm64 -- registry.example.org/os:2");
  EXPECT_EQ(line("upgrade-recovery --recovery-system.uri=oci:r.io/rec:1 --poweroff"),
            "upgrade --poweroff --recovery -- r.io/rec:1");
}

TEST_F(Elemental, UpgradeOfBothIsTwoRunsAndOneRestart) {
  EXPECT_EQ(line("upgrade --recovery --system r.io/os:2 --reboot"),
            "upgrade -- r.io/os:2; upgrade --reboot --recovery -- r.io/os:2");
  EXPECT_EQ(line("upgrade --recovery --system r.io/os:2 --recovery-system.uri r.io/rec:1"),
            "upgrade -- r.io/os:2; upgrade --recovery -- r.io/rec:1");
}

TEST_F(Elemental, BuildIso) {
  EXPECT_EQ(line("build-iso oci:r.io/os:1"), "build iso --output=./elemental.iso -- r.io/os:1");
  EXPECT_EQ(line("build-iso -n os -o /out --date --label L --overlay-rootfs /a --overlay-iso /b dir:/root"),
            "build iso --overlay=dir:/a --files=/b --label=L --output=/out/os.20260203.iso -- dir:/root");
  EXPECT_EQ(line("build-iso --arch x86_64 --squash-no-compression r.io/os"),
            "build iso --platform=linux/amd64 --compression=none --output=./elemental.iso -- r.io/os:latest");
  configure("name: fromfile\niso:\n  rootfs: [oci:r.io/os:1, dir:/more]\n");
  EXPECT_EQ(line("build-iso"), "build iso --overlay=dir:/more --output=./fromfile.iso -- r.io/os:1");
  EXPECT_EQ(line("build-iso r.io/os:2"), "build iso --output=./fromfile.iso -- r.io/os:2");
}

TEST_F(Elemental, BuildDisk) {
  configure("disk: {size: 8192, system: 'oci:r.io/os:1'}\n");
  EXPECT_EQ(line("build-disk -t raw --output /o"), "build disk --size=8192M --output=/o/elemental.raw -- r.io/os:1");
  EXPECT_THAT(failure("build-disk -t azure"), HasSubstr("\"azure\" is not supported"));
  EXPECT_EQ(line("build-disk --expandable --output /o"),
            "build disk --size=8192M --grow --output=/o/elemental.raw -- r.io/os:1");
}

TEST_F(Elemental, FlagsCountMoreThanVariablesAndTheseMoreThanSettings) {
  configure("reboot: true\ninstall: {target: /dev/a, cloud-init: [x, y]}\n");
  EXPECT_EQ(line("install"), "install --reboot --cloud-config=x --cloud-config=y -- /dev/a");
  world_.variables = {{"INSTALL_TARGET", "/dev/b"}, {"REBOOT", "false"}};
  EXPECT_EQ(line("install"), "install --cloud-config=x --cloud-config=y -- /dev/b");
  EXPECT_EQ(line("install --reboot -c z /dev/c"), "install --reboot --cloud-config=z -- /dev/c");
  configure("install: {target: /dev/a}\ninstall2: 1\n");
  world_.settings.push_back({"install.target", {"/dev/later"}, "config.d/1.yaml"});
  world_.variables.clear();
  EXPECT_EQ(line("install"), "install -- /dev/later");
}

TEST_F(Elemental, WhatHasNoEffectIsSaid) {
  EXPECT_THAT(translate("install --snapshot-labels a=b").warnings,
              ElementsAre("--snapshot-labels has no effect: snapshots have no labels"));
  EXPECT_THAT(translate("install --eject-cd=false").warnings, IsEmpty());
  EXPECT_THAT(translate("version --logfile /x").warnings, ElementsAre(HasSubstr("standard error")));
  configure("install: {odd: 1, snapshot-labels: {a: b}}\nreset: {odd: 1}\n");
  EXPECT_THAT(translate("install").warnings,
              ElementsAre(HasSubstr("install.snapshot-labels.a in config.yaml:1:40 has no effect"),
                          HasSubstr("install.odd in config.yaml:1:16 has no effect")));
}

TEST_F(Elemental, SignaturesAreRefusedUntilThereAreSome) {
  for (const char* theirs :
       {"install --cosign", "upgrade --cosign-key k --system r.io/os:1", "upgrade --verify --system r.io/o"}) {
    EXPECT_THAT(failure(theirs), HasSubstr(std::string(reason::kNoSignatures.code))) << theirs;
  }
  EXPECT_EQ(line("install --cosign=false"), "install");
  configure("cosign: true\n");
  EXPECT_THAT(failure("install"), HasSubstr("CRN-CLI-003 cosign in config.yaml:1:9"));
}

TEST_F(Elemental, WhatWeDoNotHaveIsRefused) {
  EXPECT_THAT(failure("install --iso http://x"), HasSubstr("CRN-CLI-002 --iso is not supported"));
  EXPECT_THAT(failure("install --system oci:r.io/os:1"), HasSubstr("CRN-CLI-002"));
  EXPECT_THAT(failure("upgrade --local --system r.io/os:1"), HasSubstr("CRN-CLI-002 --local"));
  EXPECT_THAT(failure("cloud-init a.yaml"), HasSubstr("CRN-CLI-002"));
  EXPECT_THAT(failure("upgrade --system file:/x.squashfs"), HasSubstr("--system"));
  std::erase_if(commands_, [](const Subcommand& one) { return one.name == "install"; });
  EXPECT_THAT(failure("install"), HasSubstr("CRN-CLI-002 `elemental install` is `cairn install`"));
}

TEST_F(Elemental, WrongLinesAreSaidWithTheNearestWord) {
  EXPECT_THAT(failure("instal"), HasSubstr("did you mean install?"));
  EXPECT_THAT(failure("install --reboott"), HasSubstr("did you mean --reboot?"));
  EXPECT_THAT(failure("install -q"), HasSubstr("has no flag -q"));
  EXPECT_THAT(failure("install -c"), HasSubstr("needs a value"));
  EXPECT_THAT(failure("install a b"), HasSubstr("does not take the word \"b\""));
  EXPECT_THAT(failure("install --reboot=perhaps"), HasSubstr("neither true nor false"));
}

TEST_F(Elemental, AWordThatLooksLikeAFlagStaysAWord) { EXPECT_EQ(line("install -- --force"), "install -- --force"); }

TEST_F(Elemental, HelpNamesAllCommands) {
  EXPECT_EQ(parse_elemental({}).command, nullptr);
  for (const ElementalCommand& one : elemental_commands()) {
    EXPECT_THAT(parse_elemental({"--help"}).help, HasSubstr(std::string(one.name)));
    EXPECT_EQ(parse_elemental({std::string(one.name), "-h"}).command, nullptr);
  }
  EXPECT_THAT(parse_elemental({"install", "--help"}).help, HasSubstr("--cloud-init"));
  EXPECT_THAT(parse_elemental({"help", "install"}).help, HasSubstr("--cloud-init"));
}

TEST_F(Elemental, OnlyAStrictStageFails) {
  EXPECT_TRUE(translate("run-stage boot").lenient);
  EXPECT_FALSE(translate("run-stage boot --strict").lenient);
  EXPECT_FALSE(translate("version").lenient);
}

TEST(ElementalExitCode, FollowsFromReasonAndCommand) {
  EXPECT_EQ(elemental_exit_code("install", cairn::reason::kUsage), 32);
  EXPECT_EQ(elemental_exit_code("version", cairn::reason::kUsage), 1);
  EXPECT_EQ(elemental_exit_code("upgrade", reason::kNoSignatures), 14);
  EXPECT_EQ(elemental_exit_code("upgrade", cairn::reason::kDenied), 58);
  EXPECT_EQ(elemental_exit_code("build-iso", cairn::reason::kExists), 25);
  EXPECT_EQ(elemental_exit_code("build-iso", cairn::reason::kBadYaml), 26);
  EXPECT_EQ(elemental_exit_code("upgrade", cairn::reason::kBadYaml), 31);
  const Reason other{"CRN-OCI-999", ErrorKind::unavailable, "", ""};
  EXPECT_EQ(elemental_exit_code("upgrade", other), 18);
  EXPECT_EQ(elemental_exit_code("pull-image", other), 66);
  EXPECT_EQ(elemental_exit_code("upgrade", cairn::reason::kInternal), 255);
  EXPECT_EQ(elemental_exit_code("upgrade", reason::kNotOurs), 1);
  EXPECT_EQ(elemental_exit_code("run-stage", 1), 65);
  EXPECT_EQ(elemental_exit_code("run-stage", 0), 0);
}

}  // namespace
}  // namespace cairn::cmd
