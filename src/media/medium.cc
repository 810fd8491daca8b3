// SPDX-License-Identifier: Apache-2.0
#include "media/medium.h"

#include "core/text.h"
#include "media/reasons.h"
#include "osimage/kernel_words.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace cairn::media {
namespace {

constexpr std::size_t kMaxTitle = 60;

// Only what a menu can show and grub.cfg can hold between single quotes.
std::string menu_title(const oci::Image& image) {
  std::string title = osimage::label_of(image, "org.opencontainers.image.title");
  if (title.empty()) title = "Cairn";
  if (const std::string version = osimage::label_of(image, "org.opencontainers.image.version"); !version.empty()) {
    title += " " + version;
  }
  std::erase_if(title, [](char c) { return c < ' ' || c > '~' || c == '\'' || c == '"' || c == '\\' || c == '$'; });
  return title.substr(0, kMaxTitle);
}

void stage_cloud_configs(const MediumSpec& spec, const std::string& folder, Staging& staging) {
  for (const auto& path : spec.cloud_configs) {
    const std::string name = path.filename().string();
    if (!name.ends_with(".yaml") && !name.ends_with(".yml")) {
      throw Error(reason::kBadMedium, "the cloud-config {} is not named *.yaml", path.string());
    }
    staging.copy(folder + "/" + name, path);
  }
}

}  // namespace

StagedSystem stage_system(const MediumSpec& spec, const SystemNames& names, Staging& staging,
                          const osimage::OnTree& on_tree, Progress& progress, const std::stop_token& stop) {
  const oci::Image& image = spec.images.front();
  StagedSystem system{.mtime = osimage::output_time(image), .title = menu_title(image)};
  // Small things first: a wrong name should not wait for the large ones.
  stage_cloud_configs(spec, names.cloud_configs, staging);
  rootfs::SquashfsOptions squashfs = spec.squashfs;
  squashfs.mtime = system.mtime;
  osimage::SquashfsOutput output =
      osimage::write_squashfs(spec.images, std::make_unique<rootfs::PlainImageFile>(staging.path_of(names.root)),
                              squashfs, progress, stop, [&](const rootfs::Tree& tree) {
                                on_tree(tree);
                                system.boot = osimage::get_boot_files(tree);
                              });
  system.root = staging.add_written(names.root);
  system.words = osimage::kernel_words_of(output);
  system.words.insert(system.words.end(), spec.words.begin(), spec.words.end());
  system.kernel = staging.write(names.kernel, *output.writer->open(*output.tree.find(system.boot.kernel)));
  system.initramfs = staging.write(names.initramfs, *output.writer->open(*output.tree.find(system.boot.initramfs)));
  system.dropped_xattrs = std::move(output.result.dropped_xattrs);
  return system;
}

MediumManifest begin_manifest(const MediumSpec& spec, const StagedSystem& system) {
  const oci::Image& image = spec.images.front();
  return {.created = system.mtime,
          .cairn = spec.program_version,
          .image = {.reference = spec.reference,
                    .digest = image.digest().text(),
                    .title = osimage::label_of(image, "org.opencontainers.image.title"),
                    .version = osimage::label_of(image, "org.opencontainers.image.version"),
                    .platform = image.config().platform.to_text(),
                    .created = image.config().created},
          .kernel = system.boot.version,
          .files = {{system.kernel}, {system.initramfs}, {system.root}}};
}

std::vector<std::string> decisions_of(std::string_view kind, const MediumSpec& spec, const StagedSystem& system) {
  return {fmt::format("kind={}", kind),
          fmt::format("label={}", spec.label),
          fmt::format("reference={}", spec.reference),
          fmt::format("digest={}", spec.images.front().digest().text()),
          fmt::format("title={}", system.title),
          fmt::format("words={}", fmt::join(system.words, " ")),
          fmt::format("mtime={}", system.mtime),
          fmt::format("cairn={}", spec.program_version)};
}

}  // namespace cairn::media
