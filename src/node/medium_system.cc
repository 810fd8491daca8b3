// SPDX-License-Identifier: Apache-2.0
#include "node/medium_system.h"

#include "core/clock.h"
#include "core/file.h"
#include "node/reasons.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = ".cairn/manifest.json";

struct Part {
  const char* name;  // in a snapshot
  const char* path;  // on the medium
};
constexpr Part kIsoParts[] = {
    {"rootfs.squashfs", "rootfs.squashfs"}, {"vmlinuz", "boot/vmlinuz"}, {"initrd", "boot/initrd"}};
constexpr Part kNetbootParts[] = {
    {"rootfs.squashfs", "rootfs.squashfs"}, {"vmlinuz", "vmlinuz"}, {"initrd", "initramfs"}};

std::span<const Part> parts_of(const MediumManifest& manifest) {
  return manifest.kind == "netboot" ? kNetbootParts : kIsoParts;
}

MediumManifest read_manifest(const fs::path& medium) {
  const fs::path path = medium / kManifest;
  return parse_medium_manifest(read_file(path, kMaxManifestSize), path.string());
}

}  // namespace

MediumSystem::MediumSystem(fs::path medium) : medium_(std::move(medium)), manifest_(read_manifest(medium_)) {
  for (const Part& part : parts_of(manifest_)) {
    const auto wanted = manifest_.sizes.find(part.path);
    std::error_code code;
    const std::uintmax_t size = fs::file_size(medium_ / part.path, code);
    if (code || wanted == manifest_.sizes.end() || size != wanted->second) {
      throw Error(reason::kBadMedium, "{} is missing on the medium, or not what its manifest says",
                  (medium_ / part.path).string());
    }
  }
}

std::uint64_t MediumSystem::size() const {
  std::uint64_t total = 0;
  for (const Part& part : parts_of(manifest_)) total += manifest_.sizes.at(part.path);
  return total;
}

SystemContent MediumSystem::content(std::string_view cairn, std::string_view now, const std::stop_token& stop) const {
  SystemContent content;
  for (const Part& part : parts_of(manifest_)) {
    const std::uint64_t size = manifest_.sizes.at(part.path);
    content.files.push_back({.name = part.name, .room = size, .fill = [path = medium_ / part.path, stop](auto& file) {
                               FileSource source(path);
                               from_source("", 0, source, stop).fill(file);
                             }});
  }
  // What the medium's loader put in front speaks of the medium.
  content.words = [words = manifest_.cmdline]() mutable {
    std::erase_if(words, [](const std::string& word) { return word.starts_with("cairn."); });
    return fmt::format("{}", fmt::join(words, " "));
  };
  content.identity = {.created = std::string(now),
                      .cairn = std::string(cairn),
                      .reference = manifest_.image.reference,
                      .digest = manifest_.image.digest,
                      .title = manifest_.image.title,
                      .version = manifest_.image.version,
                      .platform = manifest_.image.platform,
                      .image_created = manifest_.image.created,
                      .files = {}};
  return content;
}

}  // namespace cairn::node
