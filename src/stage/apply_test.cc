// SPDX-License-Identifier: Apache-2.0
#include "stage/datasource.h"
#include "support/stage_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

namespace cairn::stage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Apply : public StageTest {};

TEST_F(Apply, FilesOfEachEncoding) {
  const std::string gz = "H4sIAAAAAAAAA8vIBACsKpPYAgAAAA==";  // "hi"
  do_step(
      "    files:\n    - {path: /a/plain, content: 'id {{ trunc 4 .MachineID }}'}\n"
      "    - {path: /a/b64, content: aGk=, encoding: b64}\n    - {path: /a/base64, content: \"aG\\nk=\", encoding: "
      "base64}\n"
      "    - {path: /a/gz, content: " +
      gz +
      ", encoding: gz+b64}\n"
      "    - {path: /a/gzip, content: " +
      gz + ", encoding: gzip+base64}\n");
  EXPECT_EQ(tree.read("a/plain"), "id 0123");
  for (const char* name : {"a/b64", "a/base64", "a/gz", "a/gzip"}) EXPECT_EQ(tree.read(name), "hi") << name;
  EXPECT_EQ(mode_of("a/plain"), 0644U);
  EXPECT_EQ(mode_of("a"), 0755U);
}

TEST_F(Apply, FilesHaveTheModeAskedFor) {
  do_step("    files:\n    - {path: /s, permissions: 0600}\n    - {path: /x, permissions: '4755'}\n");
  EXPECT_EQ(mode_of("s"), 0600U);
  EXPECT_EQ(mode_of("x"), 04755U);
}

TEST_F(Apply, AFileReplacesALinkAndWhatItLeadsToStays) {
  tree.write("target", "old");
  std::filesystem::create_symlink("target", tree.path("link"));
  do_step("    files: [{path: /link, content: new}]\n");
  EXPECT_EQ(tree.read("target"), "old");
  EXPECT_EQ(tree.read("link"), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(tree.path("link")));
}

TEST_F(Apply, AnEqualFileIsLeftAlone) {
  const std::string keys = "    files: [{path: /f, content: same}]\n";
  const auto inode = [&] {
    struct stat status {};
    ::stat(tree.path("f").c_str(), &status);
    return status.st_ino;
  };
  do_step(keys);
  const auto before = inode();
  do_step(keys);
  EXPECT_EQ(inode(), before);
  EXPECT_THAT(tree.names(), ElementsAre("etc", "f", "oem", "root"));  // nothing hidden is left
}

TEST_F(Apply, LinksInTheTreeLeadNowhereOutside) {
  testing::TempTree outside;
  std::filesystem::create_symlink(outside.path(), tree.path("out"));
  fail_step("    files: [{path: /out/f, content: x}]\n", "a link that leads nowhere");
  EXPECT_THAT(outside.names(), IsEmpty());
  std::filesystem::create_symlink("../../../../etc", tree.path("up"));
  do_step("    files: [{path: /up/f, content: x}]\n");
  EXPECT_EQ(tree.read("etc/f"), "x");
}

TEST_F(Apply, FailuresOfFilesAreToldAndTheOthersWritten) {
  std::filesystem::create_directory(tree.path("dir"));
  fail_step("    files:\n    - {path: /dir, content: x}\n    - {path: /ok, content: x}\n", "file /dir: ");
  EXPECT_EQ(tree.read("ok"), "x");
  fail_step("    files: [{path: /f, content: '{{ .Nothing }}'}]\n", "line 1 of the template: there is no such value");
  EXPECT_FALSE(std::filesystem::exists(tree.path("f")));
  fail_step("    files: [{path: /f, content: '!', encoding: b64}]\n", "no base64");
  fail_step("    files: [{path: /f, content: aGk=, encoding: gz+b64}]\n", "file /f");
  fail_step("    files: [{path: /f, ownerstring: nobody-here}]\n", "no user \"nobody-here\"");
  fail_step("    files: [{path: /f, ownerstring: 'root:nogroup-here'}]\n", "no group \"nogroup-here\"");
  fail_step("    files: [{path: /ok/below, content: x}]\n", "in the way");
}

TEST_F(Apply, Directories) {
  do_step("    directories: [{path: /d/e, permissions: 0700}, {path: /plain}]\n");
  EXPECT_EQ(mode_of("d"), 0755U);
  EXPECT_EQ(mode_of("d/e"), 0700U);
  EXPECT_EQ(mode_of("plain"), 0755U);
  tree.write("file", "");
  fail_step("    directories: [{path: /file}]\n", "in the way");
}

TEST_F(Apply, Downloads) {
  fetcher.pages["https://h/x?a=b"] = "bytes";
  do_step("    downloads: [{path: /d/x, url: 'https://h/x?a=b', permissions: 0755, timeout: 5}]\n");
  EXPECT_EQ(tree.read("d/x"), "bytes");
  EXPECT_EQ(mode_of("d/x"), 0755U);
  fail_step("    downloads: [{path: /y, url: 'https://h/none'}]\n", "404");
  EXPECT_FALSE(std::filesystem::exists(tree.path("y")));
}

TEST_F(Apply, CommandsRunInOrderAndAFailingOneStopsNothing) {
  const StepResult result = run_step("    commands: [first, 'fails {{ .MachineID | trunc 2 }}', last]\n");
  EXPECT_THAT(runner.ran, ElementsAre("/bin/sh -c first", "/bin/sh -c fails 01", "/bin/sh -c last"));
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_THAT(result.problems[0].text, HasSubstr("command `fails"));
}

TEST_F(Apply, ConditionsThatAreAskedWhenTheTurnComes) {
  EXPECT_EQ(run_step("    if: fails\n    commands: [x]\n").skip, "if: the command said no");
  EXPECT_THAT(runner.ran, ElementsAre("/bin/sh -c fails"));
  EXPECT_EQ(run_step("    if: good\n    commands: [x]\n").skip, "");
  EXPECT_THAT(runner.ran, ElementsAre("/bin/sh -c good", "/bin/sh -c x"));
  EXPECT_EQ(run_step("    if_files: {all: [/etc/passwd, /no]}\n").skip, "if_files: /no does not exist");
  EXPECT_EQ(run_step("    if_files: {none: [/etc/passwd]}\n").skip, "if_files: /etc/passwd exists");
  EXPECT_EQ(run_step("    if_files: {any: [/no, /never]}\n").skip, "if_files: none of /no, /never exists");
  do_step("    if_files: {any: [/no, /etc/passwd], all: [/etc/group], none: [/no]}\n");
  EXPECT_EQ(run_step("    only_os: suse\n    commands: [x]\n").skip,
            "only_os: \"suse\" is not debian, Debian GNU/Linux 12");
  fail_step("    if: '{{ .Nothing }}'\n    commands: [x]\n", "if: ");
  EXPECT_THAT(runner.ran, IsEmpty());
}

TEST_F(Apply, Hostname) {
  tree.write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.0.10 other\n");
  do_step("    hostname: 'node-{{ trunc 4 .MachineID }}'\n");
  EXPECT_EQ(tree.read("etc/hostname"), "node-0123\n");
  EXPECT_EQ(tree.read("etc/hosts"), "127.0.0.1 localhost node-0123\n::1 localhost\n127.0.0.10 other\n");
  EXPECT_EQ(kernel_name, "");  // that is the name of the machine around this root
  std::filesystem::remove(tree.path("etc/hosts"));
  do_step("    hostname: n\n");
  EXPECT_EQ(tree.read("etc/hosts"), "127.0.0.1 localhost n\n");
  fail_step("    hostname: 'a b'\n", "can't be a host name");
}

TEST_F(Apply, Sysctl) {
  tree.write("proc/sys/net/ipv4/ip_forward", "0\n");
  tree.write("proc/sys/net/ipv4/conf/eth0.5/forwarding", "0\n");
  tree.write("proc/sys/net/ipv4/conf/eth0.6/forwarding", "0\n");
  do_step(
      "    sysctl: {net.ipv4.ip_forward: 1, net/ipv4/conf/eth0.5/forwarding: 1, net.ipv4.conf.eth0/6.forwarding: 1}\n");
  EXPECT_EQ(tree.read("proc/sys/net/ipv4/ip_forward"), "1\n");
  EXPECT_EQ(tree.read("proc/sys/net/ipv4/conf/eth0.5/forwarding"), "1\n");
  EXPECT_EQ(tree.read("proc/sys/net/ipv4/conf/eth0.6/forwarding"), "1\n");
  fail_step("    sysctl: {no.such: 1}\n", "/proc/sys/no/such");
  fail_step("    sysctl: {net/../../etc/passwd: 1}\n", "can't be the name of a sysctl");
}

TEST_F(Apply, Dns) {
  do_step("    dns: {nameservers: [1.1.1.1, 9.9.9.9], search: [a, b], options: ['ndots:2']}\n");
  EXPECT_EQ(tree.read("etc/resolv.conf"), "search a b\nnameserver 1.1.1.1\nnameserver 9.9.9.9\noptions ndots:2\n");
  do_step("    dns: {nameservers: [1.1.1.1], path: /etc/other}\n");
  EXPECT_EQ(tree.read("etc/other"), "nameserver 1.1.1.1\n");
  EXPECT_THAT(run_step("    dns: {search: [a]}\n").notes, ElementsAre(HasSubstr("no nameservers")));
}

TEST_F(Apply, TimesyncdKeepsTheRestOfItsFile) {
  tree.write("etc/systemd/timesyncd.conf", "# mine\n[Time]\n#NTP=\nNTP=old\n\n[Other]\nNTP=stays\n");
  do_step("    timesyncd: {NTP: 'a b', FallbackNTP: c}\n");
  EXPECT_EQ(tree.read("etc/systemd/timesyncd.conf"),
            "# mine\n[Time]\n#NTP=\nNTP=a b\nFallbackNTP=c\n\n[Other]\nNTP=stays\n");
  std::filesystem::remove(tree.path("etc/systemd/timesyncd.conf"));
  do_step("    timesyncd: {NTP: a}\n");
  EXPECT_EQ(tree.read("etc/systemd/timesyncd.conf"), "[Time]\nNTP=a\n");
}

TEST_F(Apply, EnvironmentKeepsTheRestOfItsFile) {
  tree.write("etc/environment", "# mine\nPATH=/bin\nA=old\nA=twice\n");
  do_step("    environment: {A: 'new $x', B: '{{ trunc 2 .MachineID }}'}\n");
  EXPECT_EQ(tree.read("etc/environment"), "# mine\nPATH=/bin\nA=\"new \\$x\"\nB=01\n");
  do_step("    environment: {A: x}\n    environment_file: /etc/other\n");
  EXPECT_EQ(tree.read("etc/other"), "A=x\n");
  fail_step("    environment: {'A-B': x}\n", "can't be the name of a variable");
  fail_step("    environment: {A: \"x\\ny\"}\n", "line break");
}

TEST_F(Apply, ProgramsOfTheSystem) {
  do_step(
      "    systemctl: {enable: [a, b.timer], disable: [c], mask: [d], start: [e]}\n"
      "    systemd_firstboot: {keymap: us, force: 'true', reset: 'false'}\n    modules: [dummy numdummies=2]\n");
  EXPECT_THAT(runner.ran, ElementsAre("systemctl enable -- a", "systemctl enable -- b.timer", "systemctl disable -- c",
                                      "systemctl mask -- d", "systemctl start -- e",
                                      "systemd-firstboot --force --keymap=us", "modprobe -- dummy numdummies=2"));
  do_step(
      "    systemctl: {overrides: [{service: a, content: \"[Service]\\n\"}, {service: b.timer, name: x, content: "
      "y}]}\n");
  EXPECT_EQ(tree.read("etc/systemd/system/a.service.d/override-yip.conf"), "[Service]\n");
  EXPECT_EQ(tree.read("etc/systemd/system/b.timer.d/x.conf"), "y");
  fail_step("    systemctl: {enable: [fails, ok]}\n", "systemctl enable fails");
  EXPECT_THAT(runner.ran, ElementsAre("systemctl enable -- fails", "systemctl enable -- ok"));
  fail_step("    modules: [fails]\n", "module fails");
}

TEST_F(Apply, ImagesAreUnpackedOnce) {
  const std::string keys = "    unpack_images: [{source: 'oci:x:1', target: /opt/x/}]\n";
  do_step(keys);
  EXPECT_EQ(tree.read("opt/x/from"), "oci:x:1");
  EXPECT_THAT(run_step(keys).notes, ElementsAre(HasSubstr("not unpacked again")));
}

TEST_F(Apply, RefusedKeysFailTheStepAndTheOthersAreDone) {
  tree.write("oem/step.yaml", "stages:\n  boot:\n  - git: {url: x}\n    commands: [x]\n");
  const StageReport report = run("boot");
  EXPECT_THAT(runner.ran, ElementsAre("/bin/sh -c x"));
  ASSERT_EQ(report.steps.front().problems.size(), 1U);
  EXPECT_EQ(report.steps.front().problems[0].reason->code, "CRN-STG-002");
  EXPECT_TRUE(report.failed());
}

TEST_F(Apply, UserDataFromAFile) {
  tree.write("run/data", "#cloud-config\nruncmd: [x]\n");
  do_step("    datasource: {providers: [file], path: /run/data}\n");
  EXPECT_EQ(tree.read("oem/userdata.yaml"), "#cloud-config\nruncmd: [x]\n");
  EXPECT_EQ(mode_of("oem/userdata"), 0600U);
  EXPECT_EQ(mode_of("oem/userdata.yaml"), 0600U);
  tree.write("run/data", "#!/bin/sh\n");
  do_step("    datasource: {providers: [file], path: /run/data, userdata_name: u}\n");
  EXPECT_EQ(mode_of("oem/u"), 0700U);
  EXPECT_THAT(runner.ran, ElementsAre("/oem/u", "/bin/sh -c x"));  // the document of before runs in the same boot
  tree.write("run/data", "noise");
  fail_step("    datasource: {providers: [file], path: /run/data}\n", "neither cloud-config nor a script");
}

TEST_F(Apply, MediaAreAskedOnlyWhereNothingIsToBeProtected) {
  EXPECT_EQ(find_datasource_skip({}, "live", true), "");
  EXPECT_EQ(find_datasource_skip({}, "installed", false), "");
  EXPECT_THAT(find_datasource_skip({}, "installed", true), HasSubstr("first boot only"));
  EXPECT_EQ(find_datasource_skip({.always = true}, "installed", true), "");
  EXPECT_THAT(find_datasource_skip({.never = true}, "live", false), HasSubstr("forbids"));
  tree.write("oem/.datasource-read", "");
  EXPECT_THAT(run_step("    datasource: {providers: [cdrom]}\n").notes, ElementsAre(HasSubstr("first boot only")));
}

}  // namespace
}  // namespace cairn::stage
