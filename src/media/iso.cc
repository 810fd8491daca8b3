// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"
#include "core/text.h"
#include "media/checksum.h"
#include "media/loaders.h"
#include "media/medium.h"
#include "media/reasons.h"
#include "osimage/kernel_words.h"
#include "tool/fat.h"
#include "tool/xorriso.h"

#include <algorithm>

namespace cairn::media {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::size_t kMaxLabel = 32;  // ISO 9660, 8.4.7

void check_label(const std::string& label) {
  const bool good = !label.empty() && label.size() <= kMaxLabel && std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!good) {
    throw Error(reason::kBadMedium, "the label \"{}\" is not 1 to {} of A-Z, 0-9 and _", printable(label), kMaxLabel);
  }
}

std::string menu_text(const StagedSystem& system, const std::string& id) {
  std::string words;
  for (const std::string& word : system.words) words += " " + osimage::quote_for_grub(word);
  return fmt::format(R"(set timeout=3
set default=live
if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi
probe --set=uuid --fs-uuid ($root)
menuentry '{0} (live)' --id live {{
  echo 'Loading {0} ...'
  linux /boot/vmlinuz cairn.live=$uuid cairn.medium={1}{2}
  initrd /boot/initrd
}}
)",
                     system.title, id, words);
}

// What the ESP's loader reads where the firmware shows it the ESP and not the ISO: leads to the menu.
std::string esp_config(const std::string& id) {
  return fmt::format(
      "search --no-floppy --set=root --file /.cairn/medium-{}\n"
      "set prefix=($root)/boot/grub\n"
      "configfile $prefix/grub.cfg\n",
      id);
}

// 2 MiB for FAT itself and the small file.
std::uint64_t esp_size(const fs::path& loader) { return (fs::file_size(loader) / kMiB + 1 + 2) * kMiB; }

class IsoBuild {
 public:
  IsoBuild(const MediumSpec& spec, const fs::path& work, Runner& runner, Progress& progress,
           const std::stop_token& stop)
      : spec_(spec), work_(work), staging_(work / "iso"), runner_(runner), progress_(progress), stop_(stop) {
    fs::create_directory(work / "iso");
    fs::create_directory(work / "esp");
  }

  MediumResult run(const fs::path& iso, const osimage::OnTree& on_tree) {
    stage_loaders();
    if (spec_.extra_files) staging_.copy_tree("", *spec_.extra_files);
    system_ = stage_system(spec_,
                           {.root = "/rootfs.squashfs",
                            .kernel = "/boot/vmlinuz",
                            .initramfs = "/boot/initrd",
                            .cloud_configs = "/cloud-config"},
                           staging_, on_tree, progress_, stop_);
    progress_.step("writing the ISO");
    const std::string id = medium_id(decisions_of("iso", spec_, system_), staging_.files());
    stage_texts(id);
    write_esp(id);
    staging_.settle(system_.mtime);
    tool::write_iso(iso,
                    {.tree = work_ / "iso",
                     .label = spec_.label,
                     .modified = volume_time(id).compact,
                     .mtime = system_.mtime,
                     .esp = work_ / "esp.img",
                     .boot_sector = spec_.loaders / "i386-pc/boot_hybrid.img",
                     .bios_loader = "boot/grub/eltorito.img"},
                    runner_, stop_);
    return {
        .id = id, .kernel = system_.boot.version, .size = fs::file_size(iso), .dropped_xattrs = system_.dropped_xattrs};
  }

 private:
  void stage_loaders() {
    staging_.copy("/EFI/BOOT/BOOTX64.EFI", spec_.loaders / "x86_64-efi/BOOTX64.EFI");
    staging_.copy("/boot/grub/eltorito.img", spec_.loaders / "i386-pc/eltorito.img");
    for (const std::string_view name : {"x86_64-efi/BOOTX64.EFI", "i386-pc/boot_hybrid.img", "i386-pc/eltorito.img",
                                        "i386-pc/boot.img", "i386-pc/core.img", "loaders.json"}) {
      staging_.copy(fmt::format("/loaders/{}", name), spec_.loaders / name);
    }
  }

  void stage_texts(const std::string& id) {
    MediumManifest manifest = begin_manifest(spec_, system_);
    manifest.id = id;
    manifest.kind = "iso";
    manifest.label = spec_.label;
    manifest.cmdline = system_.words;
    const std::string own[] = {"cairn.live=" + volume_time(id).uuid, "cairn.medium=" + id};
    manifest.cmdline.insert(manifest.cmdline.begin(), std::begin(own), std::end(own));
    staging_.write_text("/.cairn/manifest.json", manifest.to_text());
    staging_.write_text("/.cairn/medium-" + id, "");
    staging_.write_text("/boot/grub/grub.cfg", menu_text(system_, id));
  }

  void write_esp(const std::string& id) {
    const fs::path config = work_ / "esp.cfg";
    atomic_write(config, as_bytes(esp_config(id)));
    const fs::path loader = spec_.loaders / "x86_64-efi/BOOTX64.EFI";
    tool::make_fat_image(work_ / "esp.img",
                         {.size = esp_size(loader),
                          .label = "COS_GRUB",
                          .volume_id = static_cast<std::uint32_t>(std::stoull(id.substr(0, 8), nullptr, 16)),
                          .mtime = system_.mtime,
                          .files = {{"EFI/BOOT/BOOTX64.EFI", loader}, {"boot/grub/grub.cfg", config}}},
                         work_ / "esp", runner_, stop_);
  }

  const MediumSpec& spec_;
  fs::path work_;
  Staging staging_;
  Runner& runner_;
  Progress& progress_;
  const std::stop_token& stop_;
  StagedSystem system_;
};

}  // namespace

MediumResult build_iso(const MediumSpec& spec, const fs::path& out, const osimage::OnTree& on_tree, Runner& runner,
                       Progress& progress, const std::stop_token& stop) {
  check_loaders_for(spec.images.front().config().platform);
  check_label(spec.label);
  AtomicFile iso(out);
  AtomicFile sum(out.string() + ".sha256");
  const TempDir work(fs::absolute(out).parent_path(), "cairn-iso");
  const MediumResult result = IsoBuild(spec, work.path(), runner, progress, stop).run(iso.temporary(), on_tree);
  progress.step("checking what was written");
  sum.write(as_bytes(sum_line(iso.temporary(), out)));
  // A sum without its ISO is found out by who uses it; an ISO whose sum is an older one's would look damaged.
  sum.commit();
  iso.commit();
  return result;
}

}  // namespace cairn::media
