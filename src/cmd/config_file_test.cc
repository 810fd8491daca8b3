// SPDX-License-Identifier: Apache-2.0
#include "cmd/config_file.h"

#include "cmd/parse.h"
#include "cmd/reasons.h"
#include "core/reasons.h"
#include "core/text.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::cmd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Option value(std::string_view names) {
  return {.names = names, .value = "X", .help = "", .repeat = Option::Repeat::many};
}
Option on_off(std::string_view names) { return {.names = names, .value = "", .help = ""}; }

std::vector<Subcommand> commands() {
  return {{.name = "install",
           .summary = "",
           .description = "",
           .example = "",
           .positionals = {{.name = "TARGET", .help = "", .need = Positional::Need::optional}},
           .options = {value("--cloud-config"), value("--partition-size"), value("--extra-partition"),
                       on_off("--force"), on_off("--reboot"), on_off("--poweroff"), on_off("--strict")},
           .run = nullptr},
          {.name = "reset",
           .summary = "",
           .description = "",
           .example = "",
           .positionals = {},
           .options = {on_off("--keep-persistent"), on_off("--wipe-oem"), on_off("--reboot"), on_off("--poweroff")},
           .run = nullptr}};
}

class ConfigFile : public ::testing::Test {
 protected:
  Configured configure(const std::string& line, std::string_view text) {
    const std::vector<Subcommand> all = commands();
    const Parsed parsed = parse_command_line(all, split(line, ' '));
    return with_settings(parsed.command->name, parsed.arguments, parse_elemental_config(text, "config.yaml"), all);
  }
  // What the command gets: "--name=value" or "NAME=value", sorted.
  std::vector<std::string> given(const std::string& line, std::string_view text) {
    std::vector<std::string> all;
    for (const Arguments::Given& one : configure(line, text).arguments.given) {
      all.push_back(fmt::format("{}={}", one.name, one.value));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::string failure(const std::string& line, std::string_view text) {
    try {
      configure(line, text);
    } catch (const Error& error) {  // what the test is about
      return fmt::format("{} {}", error.reason().code, error.what());
    }
    return "none";
  }
};

constexpr const char* kInstall =
    "reboot: true\n"
    "install:\n"
    "  target: /dev/sda\n"
    "  cloud-init: [a.yaml, b.yaml]\n"
    "  partitions:\n"
    "    oem: {size: 128, label: COS_OEM}\n"
    "    persistent: {size: 0}\n"
    "  extra-partitions: [{name: data, size: 1024, fs: ext4, label: DATA}]\n";

TEST_F(ConfigFile, SaysWhatTheLineDoesNot) {
  EXPECT_THAT(given("install", kInstall), ElementsAre("TARGET=/dev/sda", "cloud-config=a.yaml", "cloud-config=b.yaml",
                                                      "extra-partition=name=data,size=1024,fs=ext4,label=DATA",
                                                      "partition-size=oem=128M", "reboot=true"));
  EXPECT_THAT(
      given("install --poweroff --cloud-config c.yaml /dev/sdb", kInstall),
      ElementsAre("TARGET=/dev/sdb", "cloud-config=c.yaml", "extra-partition=name=data,size=1024,fs=ext4,label=DATA",
                  "partition-size=oem=128M", "poweroff=true"));
}

TEST_F(ConfigFile, UnsaidThingsStayAsOurs) {
  EXPECT_THAT(given("reset", "reset: {reset-oem: true}\n"), ElementsAre("wipe-oem=true"));
  EXPECT_THAT(given("reset", "reset: {reset-persistent: false}\n"), ElementsAre("keep-persistent=true"));
  EXPECT_THAT(given("install", ""), IsEmpty());
}

TEST_F(ConfigFile, AnUnknownKeyIsRefusedAtItsPlace) {
  EXPECT_EQ(failure("install", "install:\n  tagret: /dev/sda\n"),
            fmt::format("{} config.yaml:2:11: the key \"install.tagret\" is not known here; did you mean "
                        "\"install.target\"?",
                        cairn::reason::kBadYaml.code));
  EXPECT_THAT(failure("install", "instal: {target: /dev/sda}\n"), HasSubstr("\"instal.target\" is not known"));
  EXPECT_THAT(failure("install", "install: {partitions: {oem: {sise: 1}}}\n"),
              HasSubstr("\"install.partitions.oem.size\""));
  EXPECT_EQ(failure("install", "reset: {odd: 1}\nupgrade: {system: 'oci:a/b:1'}\n"), "none");  // of other commands
}

TEST_F(ConfigFile, WhatIsNotDoneIsRefusedOrSaid) {
  EXPECT_THAT(failure("install", "install: {no-format: true}\n"),
              HasSubstr(fmt::format("{} install.no-format in config.yaml:1:22", reason::kNotOurs.code)));
  EXPECT_THAT(failure("install", "cosign: true\n"), HasSubstr(std::string(reason::kNoSignatures.code)));
  EXPECT_THAT(failure("install", "install: {firmware: bios}\n"), HasSubstr("\"bios\" is not supported"));
  EXPECT_THAT(failure("install", "install: {partitions: {oem: {size: big}}}\n"), HasSubstr("not a number of MiB"));
  EXPECT_THAT(configure("install", "install: {snapshot-labels: {a: b}}\n").warnings,
              ElementsAre(HasSubstr("no labels")));
}

}  // namespace
}  // namespace cairn::cmd
