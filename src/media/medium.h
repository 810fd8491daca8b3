// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"
#include "core/progress.h"
#include "media/manifest.h"
#include "media/staging.h"
#include "osimage/boot_files.h"
#include "osimage/root_tree.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

// Media from an image: what ISO and netboot set have in common, and the two (docs/formats/media.md).
namespace cairn::media {

inline constexpr std::string_view kDefaultLabel = "COS_LIVE";

struct MediumSpec {
  std::vector<oci::Image> images;    // the OS first; what is laid over its root tree on top of it
  std::string reference;             // of the OS, as the user wrote it
  rootfs::SquashfsOptions squashfs;  // mtime is set from `images`
  std::vector<std::string> words;    // kernel words, behind the image's own
  std::vector<std::filesystem::path> cloud_configs;
  std::string program_version;
  std::filesystem::path loaders = {};  // a netboot set without any can't install
  // ISO only:
  std::string label = std::string(kDefaultLabel);
  std::optional<std::filesystem::path> extra_files = std::nullopt;  // a folder whose files go to the top of the ISO
};

struct MediumResult {
  std::string id;
  std::string kernel;  // version
  std::uint64_t size = 0;
  std::vector<std::string> dropped_xattrs;
};

// Writes OUT and OUT.sha256; neither appears before both are complete. While it works, a hidden folder beside OUT holds
// the parts. Throws reason::kNotBootable, kBadMedium, kNoLoaders and whatever images, files and programs may throw.
MediumResult build_iso(const MediumSpec& spec, const std::filesystem::path& out, const osimage::OnTree& on_tree,
                       Runner& runner, Progress& progress, const std::stop_token& stop);

// Writes a folder with kernel, initramfs, iPXE script, manifest and sums; it must be empty or not exist, and appears
// when it is complete.
MediumResult build_netboot(const MediumSpec& spec, const std::filesystem::path& out, const osimage::OnTree& on_tree,
                           Progress& progress, const std::stop_token& stop);

// The parts that both kinds have, staged under the names given.
struct SystemNames {
  std::string root, kernel, initramfs, cloud_configs;
};
struct StagedSystem {
  std::int64_t mtime = 0;
  osimage::BootFiles boot;
  MediumFile root, kernel, initramfs;
  std::vector<std::string> words;  // the image's, then the spec's
  std::string title;               // of the image, fit for a menu
  std::vector<std::string> dropped_xattrs;
};
StagedSystem stage_system(const MediumSpec& spec, const SystemNames& names, Staging& staging,
                          const osimage::OnTree& on_tree, Progress& progress, const std::stop_token& stop);

// The manifest but for id, kind, words of the loader and the files' offsets.
MediumManifest begin_manifest(const MediumSpec& spec, const StagedSystem& system);
// What decides a medium's bytes beside its files.
std::vector<std::string> decisions_of(std::string_view kind, const MediumSpec& spec, const StagedSystem& system);

}  // namespace cairn::media
