// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.h"

#include "core/reasons.h"
#include "core/text.h"
#include "oci/descriptor.h"
#include "oci/reasons.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cairn::oci {
namespace {

constexpr std::size_t kMaxLayers = 1000;
constexpr std::size_t kMaxEntries = 10'000;

constexpr std::string_view kDockerLayerPlain = "application/vnd.docker.image.rootfs.diff.tar";
constexpr std::string_view kDockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTwins{{
    {media_type::kDockerIndex, media_type::kIndex},
    {media_type::kDockerManifest, media_type::kManifest},
    {media_type::kDockerConfig, media_type::kConfig},
    {media_type::kDockerLayerGzip, media_type::kLayerGzip},
    {kDockerLayerPlain, media_type::kLayerTar},
    {kDockerLayerZstd, media_type::kLayerZstd},
}};

bool is_schema_1(std::string_view media_type) {
  return media_type.starts_with("application/vnd.docker.distribution.manifest.v1+");
}

Error schema_1(std::string_view what) {
  return Error(reason::kUnsupportedImage,
               "{}: Docker's image manifest schema 1 is not supported: it was given up in 2019", what)
      .set_remedy("Push the image again with a current docker, podman or skopeo.");
}

json::value parse_document(std::string_view text, std::string_view what) {
  if (text.size() > kMaxDocument) throw Error(cairn::reason::kTooLarge, "{} is larger than 4 MiB", what);
  return parse_json(text, what);
}

bool has(const JsonCursor& document, std::string_view key) { return document.find(key).has_value(); }

// A document that one reader takes for a manifest and another for an index must be neither (CVE-2021-41190).
void refuse_members(const JsonCursor& document, std::initializer_list<std::string_view> keys, std::string_view kind) {
  for (const std::string_view key : keys) {
    if (has(document, key)) throw document.error(fmt::format("an {} must not have \"{}\"", kind, key));
  }
}

void check_head(const JsonCursor& document, std::string_view expected, std::string_view what) {
  const auto type = document.find("mediaType");
  if (type && is_schema_1(type->text())) throw schema_1(what);
  const JsonCursor version = document.at("schemaVersion");
  if (version.integer() == 1) throw schema_1(what);
  if (version.integer() != 2) throw version.error("expected 2");
  if (type && oci_media_type(type->text()) != expected) {
    throw type->error(fmt::format("expected {}", expected));
  }
}

void check_layer_type(const Descriptor& layer, std::size_t index, std::string_view what) {
  constexpr std::array kKnown = {media_type::kLayerTar, media_type::kLayerGzip, media_type::kLayerZstd};
  if (std::find(kKnown.begin(), kKnown.end(), layer.media_type) != kKnown.end()) return;
  const bool foreign = layer.media_type.find(".nondistributable.") != std::string::npos ||
                       layer.media_type.find(".foreign.") != std::string::npos;
  if (foreign) {
    throw Error(reason::kUnsupportedImage, "{}: layers[{}].mediaType: the layer may not be distributed ({})", what,
                index, layer.media_type)
        .set_remedy("Use a base image whose layers all lie in the registry.");
  }
  throw Error(reason::kUnsupportedImage, "{}: layers[{}].mediaType: layers of type {} are not known", what, index,
              layer.media_type);
}

void check_config_type(const Descriptor& config, std::string_view what) {
  if (config.media_type == media_type::kConfig) return;
  throw Error(reason::kUnsupportedImage, "{}: config.mediaType: {} makes it an artifact, not an image to run", what,
              config.media_type)
      .set_remedy("Give the name of an image that holds a root file system.");
}

}  // namespace

std::string_view oci_media_type(std::string_view media_type) {
  const auto twin =
      std::find_if(kTwins.begin(), kTwins.end(), [&](const auto& pair) { return pair.first == media_type; });
  return twin == kTwins.end() ? media_type : twin->second;
}

std::string_view find_document_type(std::string_view text, std::string_view told, std::string_view what) {
  const auto known = [](std::string_view type) -> std::optional<std::string_view> {
    const std::string_view twin = oci_media_type(type);
    if (twin == media_type::kManifest) return media_type::kManifest;
    if (twin == media_type::kIndex) return media_type::kIndex;
    return std::nullopt;
  };
  const json::value value = parse_document(text, what);
  const JsonCursor document(value, what, reason::kBadManifest);
  const auto own = document.find("mediaType");
  if (is_schema_1(told) || (own && is_schema_1(own->text())) ||
      (!own && has(document, "schemaVersion") && document.at("schemaVersion").integer() == 1)) {
    throw schema_1(what);
  }
  const auto told_type = known(told);
  if (own) {
    const auto own_type = known(own->text());
    if (!own_type) {
      throw Error(reason::kUnsupportedImage, "{}: mediaType: {} is neither an image nor an index of images", what,
                  printable(own->text(), 100));
    }
    if (told_type && *told_type != *own_type) {
      throw own->error(fmt::format("says {}, but it was announced as {}", printable(own->text(), 100), told));
    }
    return *own_type;
  }
  if (told_type) return *told_type;
  if (has(document, "manifests") == has(document, "layers")) {
    throw document.error("it is neither an image manifest nor an index");
  }
  return has(document, "manifests") ? media_type::kIndex : media_type::kManifest;
}

Manifest Manifest::parse(std::string_view text, std::string_view what) {
  const json::value value = parse_document(text, what);
  const JsonCursor document(value, what, reason::kBadManifest);
  check_head(document, media_type::kManifest, what);
  refuse_members(document, {"manifests", "fsLayers", "history"}, "image manifest");
  Manifest manifest{.config = parse_descriptor(document.at("config")),
                    .layers = {},
                    .annotations = find_annotations(document),
                    .artifact_type = ""};
  if (const auto type = document.find("artifactType")) manifest.artifact_type = type->text();
  check_config_type(manifest.config, what);
  const JsonCursor layers = document.at("layers");
  const auto items = layers.items();
  if (items.size() > kMaxLayers) throw layers.error("more than 1000 layers");
  for (const JsonCursor& item : items) {
    manifest.layers.push_back(parse_descriptor(item));
    check_layer_type(manifest.layers.back(), manifest.layers.size() - 1, what);
  }
  return manifest;
}

std::string Manifest::to_text() const {
  json::object object{{"schemaVersion", 2}, {"mediaType", media_type::kManifest}};
  if (!artifact_type.empty()) object["artifactType"] = artifact_type;
  object["config"] = to_json(config);
  json::array list;
  for (const Descriptor& layer : layers) list.push_back(to_json(layer));
  object["layers"] = std::move(list);
  if (!annotations.empty()) object["annotations"] = to_json(annotations);
  return cairn::to_text(object);
}

Index Index::parse(std::string_view text, std::string_view what) {
  const json::value value = parse_document(text, what);
  const JsonCursor document(value, what, reason::kBadManifest);
  check_head(document, media_type::kIndex, what);
  refuse_members(document, {"layers", "config", "fsLayers", "history"}, "index");
  Index index{.manifests = {}, .annotations = find_annotations(document)};
  const JsonCursor list = document.at("manifests");
  const auto items = list.items();
  if (items.size() > kMaxEntries) throw list.error("more than 10000 entries");
  for (const JsonCursor& item : items) index.manifests.push_back(parse_descriptor(item));
  return index;
}

std::string Index::to_text() const {
  json::array list;
  for (const Descriptor& entry : manifests) list.push_back(to_json(entry));
  json::object object{{"schemaVersion", 2}, {"mediaType", media_type::kIndex}, {"manifests", std::move(list)}};
  if (!annotations.empty()) object["annotations"] = to_json(annotations);
  return cairn::to_text(object);
}

const Descriptor& Index::choose(const Platform& platform, std::string_view what) const {
  const Descriptor* without_platform = nullptr;
  std::size_t candidates = 0;
  std::string offered;
  for (const Descriptor& entry : manifests) {
    if (entry.media_type != media_type::kManifest && entry.media_type != media_type::kIndex) continue;
    if (!entry.platform) {
      without_platform = &entry;
      ++candidates;
      continue;
    }
    if (platform.accepts(*entry.platform)) return entry;
    const std::string name = entry.platform->to_text();
    // Build provenance of buildkit lies in the index under this name.
    if (name == "unknown/unknown" || offered.size() > 1000) continue;
    offered += (offered.empty() ? "" : ", ") + name;
  }
  if (candidates == 1) return *without_platform;
  if (candidates > 1) {
    throw Error(reason::kNoPlatform, "{}: no variant says that it is for {}, and {} say nothing", what,
                platform.to_text(), candidates);
  }
  throw Error(reason::kNoPlatform, "{}: no variant is for {}; there is: {}", what, platform.to_text(),
              offered.empty() ? "nothing" : offered);
}

}  // namespace cairn::oci
