// SPDX-License-Identifier: Apache-2.0
#include "media/medium.h"

#include "core/file.h"
#include "core/json.h"
#include "core/reasons.h"
#include "media/reasons.h"
#include "osimage/kernel_words.h"
#include "support/sample_os.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::media {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr auto kAnyTree = [](const rootfs::Tree&) {};

class Medium : public ::testing::Test {
 protected:
  Medium() {
    for (const char* name : {"x86_64-efi/BOOTX64.EFI", "i386-pc/boot_hybrid.img", "i386-pc/eltorito.img",
                             "i386-pc/boot.img", "i386-pc/core.img", "loaders.json"}) {
      tree_.write(std::string("loaders/") + name, std::string(4096, 'x'));
    }
    tree_.write("out/keep", "");
  }

  MediumSpec spec(const std::vector<LayerMember>& upper = {}) {
    return {.images = {open_sample_os(tree_, {sample_os_members(), upper})},
            .squashfs = {.level = 1},
            .words = {"quiet"},
            .program_version = "test",
            .loaders = tree_.path("loaders")};
  }
  MediumResult iso(const MediumSpec& wanted, std::string_view name = "out/os.iso") {
    return build_iso(wanted, tree_.path(name), kAnyTree, system_runner(), silent_progress(), {});
  }
  std::string on_iso(std::string_view path, std::string_view name = "out/os.iso") {
    const auto target = tree_.path("extracted");
    fs::remove(target);
    system_runner().run({.program = "xorriso",
                         .args = {"-osirrox", "on", "-indev", tree_.path(name).string(), "-extract", std::string(path),
                                  target.string()}});
    return read_file(target, 1 << 20);
  }
  std::vector<std::string> outputs() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(tree_.path("out"))) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string refusal(const MediumSpec& wanted) {
    try {
      iso(wanted);
    } catch (const Error& error) {
      EXPECT_THAT(outputs(), ElementsAre("keep")) << "after: " << error.what();
      return error.what();
    }
    return "";
  }

  TempTree tree_;
};

TEST_F(Medium, AnIsoHoldsTheSystemAndItsMenu) {
  const MediumResult result = iso(spec());
  EXPECT_EQ(on_iso("/boot/vmlinuz"), "kernel");
  EXPECT_EQ(on_iso("/boot/initrd"), "initramfs");
  const std::string menu = on_iso("/boot/grub/grub.cfg");
  EXPECT_THAT(menu, HasSubstr("cairn.live=$uuid cairn.medium=" + result.id + " console=tty0"));
  EXPECT_THAT(menu, HasSubstr("rd.emergency=reboot quiet\n"));
  const json::value manifest = parse_json(on_iso("/.cairn/manifest.json"), "manifest");
  const JsonCursor at(manifest, "manifest", cairn::reason::kInternal);
  EXPECT_EQ(at.at("id").text(), result.id);
  EXPECT_THAT(at.at("cmdline").items()[0].text(), "cairn.live=" + volume_time(result.id).uuid);
  EXPECT_THAT(outputs(), ElementsAre("keep", "os.iso", "os.iso.sha256"));
}

TEST_F(Medium, TheVolumeHasTheUuidThatTheKernelIsTold) {
  const MediumResult result = iso(spec());
  const auto shown = system_runner().run(
      {.program = "blkid", .args = {"-p", "-s", "UUID", "-o", "value", tree_.path("out/os.iso").string()}});
  EXPECT_EQ(shown.output, volume_time(result.id).uuid + "\n");
}

TEST_F(Medium, TheSumIsRight) {
  iso(spec());
  const auto checked =
      system_runner().run({.program = "sha256sum", .args = {"-c", "os.iso.sha256"}, .directory = tree_.path("out")});
  EXPECT_EQ(checked.output, "os.iso: OK\n");
}

TEST_F(Medium, TheSameImageGivesTheSameBytes) {
  iso(spec(), "out/one.iso");
  iso(spec(), "out/two.iso");
  EXPECT_EQ(tree_.read("out/one.iso"), tree_.read("out/two.iso"));
  MediumSpec other = spec();
  other.words = {"debug"};
  iso(other, "out/three.iso");
  EXPECT_NE(tree_.read("out/one.iso"), tree_.read("out/three.iso"));
}

TEST_F(Medium, TakesTheImagesOwnKernelWords) {
  iso(spec({layer_file("etc/cairn/cmdline", "console=hvc0 # ours\n"), layer_file("usr/lib/cairn/cmdline", "theirs")}));
  EXPECT_THAT(on_iso("/boot/grub/grub.cfg"), HasSubstr(" console=hvc0 quiet\n"));
}

TEST_F(Medium, CarriesWhatWasGiven) {
  MediumSpec wanted = spec();
  wanted.extra_files = tree_.write("extra/docs/readme", "hello").parent_path().parent_path();
  wanted.cloud_configs = {tree_.write("users.yaml", "stages: {}")};
  iso(wanted);
  EXPECT_EQ(on_iso("/docs/readme"), "hello");
  EXPECT_EQ(on_iso("/cloud-config/users.yaml"), "stages: {}");
}

TEST_F(Medium, RefusesAndLeavesNothing) {
  EXPECT_THAT(refusal(spec({layer_whiteout("boot/.wh.initrd-6.1")})), HasSubstr("no initramfs for kernel 6.1"));
  EXPECT_THAT(refusal(spec({layer_file("etc/cairn/cmdline", "it's")})), HasSubstr("\"it's\""));
  MediumSpec wanted = spec();
  wanted.label = "lower case";
  EXPECT_THAT(refusal(wanted), HasSubstr("the label"));
  wanted = spec();
  wanted.cloud_configs = {tree_.write("users.txt", "")};
  EXPECT_THAT(refusal(wanted), HasSubstr("*.yaml"));
  wanted = spec();
  wanted.extra_files = tree_.write("clash/boot/vmlinuz", "x").parent_path().parent_path();
  EXPECT_THAT(refusal(wanted), HasSubstr("/boot/vmlinuz"));
  wanted = spec();
  wanted.loaders = tree_.path("nowhere");
  EXPECT_THAT(refusal(wanted), HasSubstr("nowhere"));
}

TEST_F(Medium, ANetbootSetIsOneInitramfsWithAll) {
  MediumSpec wanted = spec();
  wanted.cloud_configs = {tree_.write("users.yaml", "stages: {}")};
  const MediumResult result = build_netboot(wanted, tree_.path("out/set"), kAnyTree, silent_progress(), {});
  EXPECT_EQ(tree_.read("out/set/vmlinuz"), "kernel");
  const std::string initrd = tree_.read("out/set/initrd");
  EXPECT_TRUE(initrd.starts_with("initramfs"));
  const json::value manifest = parse_json(tree_.read("out/set/manifest.json"), "manifest");
  const JsonCursor at(manifest, "manifest", cairn::reason::kInternal);
  const JsonCursor root = at.at("files").items()[2];
  const std::string squashfs = initrd.substr(root.at("offset").count(1 << 30), root.at("size").count(1 << 30));
  EXPECT_TRUE(squashfs.starts_with("hsqs"));
  EXPECT_EQ(sha256(as_bytes(squashfs)).hex(), root.at("sha256").text());
  EXPECT_THAT(tree_.read("out/set/boot.ipxe"), HasSubstr("cairn.netboot cairn.medium=" + result.id + " "));
  const auto listed = system_runner().run({.program = "cpio", .args = {"-t", "--quiet"}, .input = initrd.substr(12)});
  EXPECT_EQ(listed.output,
            "rootfs.squashfs\ncloud-config\ncloud-config/users.yaml\nloaders\nloaders/x86_64-efi\n"
            "loaders/x86_64-efi/BOOTX64.EFI\nloaders/i386-pc\nloaders/i386-pc/boot.img\nloaders/i386-pc/core.img\n"
            ".cairn\n.cairn/manifest.json\n");
  EXPECT_EQ(at.at("files").items()[0].at("inRoot").text(), "boot/vmlinuz-6.1");
  system_runner().run({.program = "sha256sum", .args = {"-c", "SHA256SUMS"}, .directory = tree_.path("out/set")});
}

TEST_F(Medium, ANetbootSetDoesNotReplaceAnything) {
  tree_.write("out/set/precious", "x");
  EXPECT_THROW(build_netboot(spec(), tree_.path("out/set"), kAnyTree, silent_progress(), {}), Error);
  EXPECT_THAT(outputs(), ElementsAre("keep", "set"));
  EXPECT_EQ(tree_.read("out/set/precious"), "x");
}

}  // namespace
}  // namespace cairn::media
