// SPDX-License-Identifier: Apache-2.0
#include "osimage/lint.h"

#include "support/sample_os.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::osimage {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Findings of the sample system with another layer on top.
std::vector<std::string> findings(const std::vector<LayerMember>& upper) {
  const TempTree tree;
  const auto image = open_sample_os(tree, {sample_os_members(), upper});
  std::vector<std::string> lines;
  for (const Finding& finding : lint_image(read_tree(image, lint_wants, silent_progress(), {}))) {
    lines.push_back((finding.severity == Finding::Severity::error ? "error: " : "warning: ") + finding.what);
    EXPECT_FALSE(finding.remedy.empty());
  }
  return lines;
}

TEST(Lint, HasNothingToSayOfAGoodImage) { EXPECT_THAT(findings({}), IsEmpty()); }

TEST(Lint, TellsWhatKeepsItFromBooting) {
  EXPECT_THAT(findings({layer_whiteout("boot/.wh.initrd-6.1")}),
              ElementsAre(HasSubstr("error: the image has no initramfs for kernel 6.1")));
  EXPECT_THAT(findings({layer_whiteout("usr/lib/systemd/.wh.systemd")}), ElementsAre("error: there is no /sbin/init"));
  EXPECT_THAT(findings({layer_whiteout("usr/lib/modules/6.1/.wh.modules.builtin")}),
              ElementsAre("warning: kernel 6.1 has no module isofs"));
}

TEST(Lint, TellsWhatCairnLacks) {
  EXPECT_THAT(findings({layer_whiteout("usr/bin/.wh.cairn")}), ElementsAre(HasSubstr("cairn is not in the image")));
  EXPECT_THAT(findings({layer_whiteout("usr/lib/.wh.dracut")}), ElementsAre(HasSubstr("`cairn init` was not run")));
}

TEST(Lint, TellsWhatMachinesMustNotShare) {
  EXPECT_THAT(findings({layer_file("etc/machine-id", "0123456789abcdef0123456789abcdef\n")}),
              ElementsAre(HasSubstr("machine-id is set")));
  EXPECT_THAT(findings({layer_file("etc/ssh/ssh_host_ed25519_key", "secret")}),
              ElementsAre(HasSubstr("SSH host keys")));
  EXPECT_THAT(findings({layer_file("etc/shadow", "root:$y$j9T$x:1::::::\nguest::1::::::\n")}),
              ElementsAre(HasSubstr("user root has a password"), HasSubstr("user guest has an empty password")));
}

TEST(Lint, PutsErrorsFirst) {
  const auto lines = findings({layer_whiteout("boot/.wh.initrd-6.1"), layer_whiteout("usr/bin/.wh.cairn"),
                               layer_whiteout("usr/lib/systemd/.wh.systemd")});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("error"));
  EXPECT_THAT(lines[1], HasSubstr("error"));
  EXPECT_THAT(lines[2], HasSubstr("warning"));
}

}  // namespace
}  // namespace cairn::osimage
