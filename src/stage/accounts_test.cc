// SPDX-License-Identifier: Apache-2.0
#include "stage/accounts.h"
#include "stage/authorized_keys.h"
#include "support/stage_fixture.h"

#include <crypt.h>
#include <unistd.h>

#include <sstream>

namespace cairn::stage {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AccountsTest : public StageTest {
 protected:
  std::string row_of(const std::string& file, const std::string& name) {
    for (const std::string& line : split_lines(tree.read(file))) {
      if (line.starts_with(name + ":")) return line;
    }
    return "";
  }
  static std::vector<std::string> split_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(AccountsTest, ANewUser) {
  do_step("    users: {ada: {passwd: secret, gecos: A L, shell: /bin/bash, groups: [wheel], no_create_home: true}}\n");
  EXPECT_EQ(row_of("etc/passwd", "ada"), "ada:x:1000:1000:A L:/home/ada:/bin/bash");
  EXPECT_EQ(row_of("etc/group", "ada"), "ada:x:1000:");
  EXPECT_EQ(row_of("etc/group", "wheel"), "wheel:x:10:ada");
  const std::string shadow = row_of("etc/shadow", "ada");
  EXPECT_THAT(shadow, StartsWith("ada:$6$"));
  EXPECT_THAT(shadow, EndsWith(":19675:0:99999:7:::"));
  const std::string hash = shadow.substr(4, shadow.find(':', 4) - 4);
  EXPECT_EQ(::crypt("secret", hash.c_str()), hash);
  EXPECT_EQ(mode_of("etc/shadow"), 0644U);  // as the fixture made it: a file keeps its mode
}

TEST_F(AccountsTest, TheSameConfigurationChangesNothing) {
  const std::string keys = "    users: {ada: {passwd: secret, groups: wheel, no_create_home: true}}\n";
  do_step(keys);
  const std::string before = tree.read("etc/shadow") + tree.read("etc/passwd") + tree.read("etc/group");
  clock.advance(std::chrono::hours(100));
  do_step(keys);
  EXPECT_EQ(tree.read("etc/shadow") + tree.read("etc/passwd") + tree.read("etc/group"), before);
}

TEST_F(AccountsTest, AnExistingUserKeepsAgeingAndRow) {
  tree.write("etc/shadow", "root:old:7:1:90:5:3:9:\n");
  do_step("    users: {root: {passwd: '$6$x$y', shell: /bin/other}}\n");
  EXPECT_EQ(row_of("etc/shadow", "root"), "root:$6$x$y:19675:1:90:5:3:9:");
  EXPECT_EQ(row_of("etc/passwd", "root"), "root:x:0:0:root:/root:/bin/sh");
}

TEST_F(AccountsTest, Options) {
  tree.write("etc/group", "root:x:0:\nwheel:x:10:\nusers:x:100:\n");
  tree.write("etc/default/useradd", "SHELL=/bin/zsh\nHOME=/srv\n");
  do_step(
      "    users:\n      sys: {system: true, no_create_home: true}\n"
      "      nog: {no_user_group: true, no_create_home: true}\n"
      "      prim: {primary_group: wheel, uid: 1234, no_create_home: true}\n"
      "      lock: {lock_passwd: true, passwd: '$6$a$b', no_create_home: true, homedir: /x}\n"
      "      none: {no_create_home: true, no_log_init: true}\n");
  EXPECT_EQ(row_of("etc/passwd", "sys"), "sys:x:999:999::/srv/sys:/bin/zsh");
  EXPECT_THAT(row_of("etc/passwd", "nog"), HasSubstr(":100::/srv/nog:"));
  EXPECT_THAT(row_of("etc/passwd", "prim"), StartsWith("prim:x:1234:10:"));
  EXPECT_THAT(row_of("etc/passwd", "lock"), HasSubstr(":/x:"));
  EXPECT_THAT(row_of("etc/shadow", "lock"), StartsWith("lock:!$6$a$b:"));
  EXPECT_THAT(row_of("etc/shadow", "none"), StartsWith("none:*:"));
}

TEST_F(AccountsTest, FailuresNameTheUserAndTheOthersAreMade) {
  fail_step("    users: {a: {uid: 0, no_create_home: true}, b: {no_create_home: true}}\n",
            "user a: the number 0 wanted for the user a is that of root");
  EXPECT_THAT(row_of("etc/passwd", "b"), StartsWith("b:x:1000:"));
  EXPECT_EQ(row_of("etc/passwd", "a"), "");
  fail_step("    users: {c: {groups: [nobody-here], no_create_home: true}}\n", "can't join the group \"nobody-here\"");
  fail_step("    users: {d: {primary_group: gone, no_create_home: true}}\n", "no group \"gone\" for the user d");
}

TEST_F(AccountsTest, ANumberStaysWithTheHomeOfAnEarlierBoot) {
  if (::geteuid() == 0) {
    std::filesystem::create_directories(tree.path("home/bob"));
    ASSERT_EQ(::chown(tree.path("home/bob").c_str(), 1000, 1000), 0);
    do_step("    users: {ada: {no_create_home: true}, bob: {}}\n");
    EXPECT_THAT(row_of("etc/passwd", "bob"), StartsWith("bob:x:1000:"));
    EXPECT_THAT(row_of("etc/passwd", "ada"), StartsWith("ada:x:1001:"));
  } else {
    GTEST_SKIP() << "only root can give a directory away";
  }
}

TEST_F(AccountsTest, AFileOfAUserMadeInTheSameStep) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  do_step(
      "    users: {ada: {homedir: /srv/ada}}\n    files: [{path: /srv/ada/f, ownerstring: ada}, {path: /g, "
      "ownerstring: "
      "'ada:wheel'}]\n");
  EXPECT_EQ(mode_of("srv/ada"), 0700U);
  const Root root(tree.path());
  EXPECT_EQ(root.find_attributes("/srv/ada")->user, 1000U);
  EXPECT_EQ(root.find_attributes("/srv/ada/f")->user, 1000U);
  EXPECT_EQ(root.find_attributes("/srv/ada/f")->group, 1000U);
  EXPECT_EQ(root.find_attributes("/g")->group, 10U);
}

TEST_F(AccountsTest, Entities) {
  do_step(
      "    ensure_entities:\n"
      "    - entity: |\n        kind: group\n        group_name: g\n        gid: -1\n        users: [a, b]\n"
      "    - entity: |\n        kind: user\n        username: u{{ len \"abc\" }}\n        uid: -1\n        group: g\n  "
      "      info: I\n        homedir: /h\n        shell: /s\n"
      "    - entity: |\n        kind: shadow\n        username: u3\n        password: '!'\n        last_changed: now\n "
      "       maximum_changed: 90\n"
      "    - entity: |\n        kind: gshadow\n        name: g\n        administrators: a\n        members: [a, b]\n"
      "    - path: /etc/other\n      entity: |\n        kind: group\n        group_name: o\n        gid: 7\n");
  EXPECT_EQ(row_of("etc/group", "g"), "g:x:1000:a,b");
  EXPECT_EQ(row_of("etc/passwd", "u3"), "u3:x:1000:1000:I:/h:/s");
  EXPECT_EQ(row_of("etc/shadow", "u3"), "u3:!:19675::90::::");
  EXPECT_EQ(row_of("etc/gshadow", "g"), "g:!:a:a,b");
  EXPECT_EQ(tree.read("etc/other"), "o:x:7:\n");
  do_step("    ensure_entities:\n    - entity: '{kind: group, group_name: g, users: [c]}'\n");
  EXPECT_EQ(row_of("etc/group", "g"), "g:x:1000:a,b,c");
  do_step(
      "    delete_entities:\n    - entity: '{kind: user, username: u3}'\n    - entity: '{kind: shadow, username: u3}'\n"
      "    - entity: '{kind: group, group_name: unknown}'\n    - entity: '{kind: gshadow, name: g}'\n");
  EXPECT_EQ(row_of("etc/passwd", "u3") + row_of("etc/shadow", "u3") + row_of("etc/gshadow", "g"), "");
  EXPECT_THAT(row_of("etc/group", "root"), StartsWith("root:"));
  fail_step("    ensure_entities: [{entity: '{kind: host, name: x}'}]\n", "expected user, shadow, group or gshadow");
  fail_step("    ensure_entities: [{entity: '{kind: user, username: x, infos: y}'}]\n", "did you mean \"info\"?");
  fail_step("    ensure_entities: [{entity: '{kind: user, username: x, info: \"a:b\"}'}]\n", "a colon");
}

TEST_F(AccountsTest, StrangeRowsStayAsTheyAre) {
  tree.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbroken\n+::::::\n");
  do_step("    users: {ada: {no_create_home: true}}\n");
  EXPECT_EQ(tree.read("etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\nbroken\nada:x:1000:1000::/home/ada:/bin/sh\n+::::::\n");
}

TEST(Keys, PartsOfAFile) {
  const auto planned = [](const std::string& step) { return step != "gone"; };
  const KeyPart a{"boot", "a", planned};
  const KeyPart b{"boot", "b", planned};
  std::string text = merge_keys("by hand\n", a, {"k1", "k2"});
  EXPECT_EQ(text, "by hand\n# cairn begin boot a\nk1\nk2\n# cairn end\n");
  text = merge_keys(text, b, {"k3", "by hand"});
  EXPECT_EQ(text, "by hand\n# cairn begin boot a\nk1\nk2\n# cairn end\n# cairn begin boot b\nk3\n# cairn end\n");
  text = merge_keys(text, a, {"k2"});
  EXPECT_THAT(text, Not(HasSubstr("k1")));
  EXPECT_THAT(text, HasSubstr("k3"));
  EXPECT_THAT(keys_of_part(text, a), ElementsAre("k2"));
  text = merge_keys("# cairn begin boot gone\nold\n# cairn end\n# cairn begin fs gone\nother\n# cairn end\n", a, {});
  EXPECT_EQ(text, "# cairn begin fs gone\nother\n# cairn end\n");
  EXPECT_EQ(merge_keys("# cairn begin boot a\nnever ends\n", a, {"k"}), "# cairn begin boot a\nk\n# cairn end\n");
}

class AuthorizedKeys : public AccountsTest {
 protected:
  AuthorizedKeys() {
    tree.write("etc/passwd", fmt::format("root:x:0:0:root:/root:/bin/sh\nada:x:{}:{}::/home/ada:/bin/sh\n", ::geteuid(),
                                         ::getegid()));
    std::filesystem::create_directories(tree.path("home/ada"));
  }
  static constexpr const char* kFile = "home/ada/.ssh/authorized_keys";
};

TEST_F(AuthorizedKeys, LiteralAndFetched) {
  fetcher.pages["https://github.com/ada.keys"] = "ssh-ed25519 GH\n\n";
  fetcher.pages["https://gitlab.com/ada.keys"] = "ssh-ed25519 GL\n";
  fetcher.pages["https://h/keys"] = "# mine\nssh-rsa U\n";
  do_step("    authorized_keys: {ada: [ssh-ed25519 A, 'github:ada', 'gitlab:ada', 'https://h/keys']}\n");
  EXPECT_EQ(
      tree.read(kFile),
      "# cairn begin boot /oem/step.yaml.s\nssh-ed25519 A\nssh-ed25519 GH\nssh-ed25519 GL\nssh-rsa U\n# cairn end\n");
  EXPECT_EQ(mode_of(kFile), 0600U);
  EXPECT_EQ(mode_of("home/ada/.ssh"), 0700U);
}

TEST_F(AuthorizedKeys, AKeyThatIsGoneIsTakenAwayButNotWhenItCantBeAsked) {
  fetcher.pages["https://github.com/ada.keys"] = "ssh-ed25519 GH\n";
  do_step("    authorized_keys: {ada: [ssh-ed25519 A, 'github:ada']}\n");
  do_step("    authorized_keys: {ada: ['github:ada']}\n");
  EXPECT_THAT(tree.read(kFile), Not(HasSubstr("ssh-ed25519 A")));
  fetcher.pages.clear();
  fail_step("    authorized_keys: {ada: ['github:ada']}\n", "keys of ada");
  EXPECT_THAT(tree.read(kFile), HasSubstr("ssh-ed25519 GH"));
}

TEST_F(AuthorizedKeys, WhatIsNoKeyIsRefused) {
  fetcher.pages["https://github.com/ada.keys"] = std::string("a\x01") + "b\n";
  fail_step("    authorized_keys: {ada: ['github:ada']}\n", "no list of keys");
  fail_step("    authorized_keys: {ada: ['github:../x']}\n", "names no user");
  fail_step("    authorized_keys: {nobody: [k]}\n", "no user \"nobody\"");
}

TEST_F(AuthorizedKeys, LinksInAHomeLeadNowhereElse) {
  std::filesystem::create_directories(tree.path("etc/cron.d"));
  std::filesystem::create_directory_symlink("/etc/cron.d", tree.path("home/ada/.ssh"));
  run_step("    authorized_keys: {ada: [k]}\n");
  EXPECT_TRUE(std::filesystem::is_empty(tree.path("etc/cron.d")));
}

}  // namespace
}  // namespace cairn::stage
