// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/progress.h"
#include "core/stream.h"
#include "oci/manifest.h"
#include "oci/reference.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

namespace cairn::oci {

// Blobs and manifests of one place: a registry's repository, a layout, an archive, a directory. Thread-safe.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  struct Document {
    std::string text;
    std::string media_type;
    Digest digest;
  };
  // The manifest or index that the spec names (its tag or digest), verified against the digest if there was one.
  virtual Document get_root() = 0;
  // A manifest by descriptor, verified.
  virtual Document get_manifest(const Descriptor& descriptor) = 0;
  // A blob's bytes, verified against digest and size as they flow.
  virtual std::unique_ptr<Source> open_blob(const Descriptor& descriptor) = 0;
  // Makes blobs ready so that open_blob is local: a registry downloads them into the cache, in parallel, resuming what
  // an earlier run left; others do nothing.
  virtual void prefetch(std::span<const Descriptor> blobs, Progress& progress) = 0;
};

struct SourceOptions {
  std::optional<std::filesystem::path> cache_directory = std::nullopt;  // default: default_cache_directory()
  std::uint64_t cache_limit = 10ULL << 30;                              // bytes; least recently used blobs go first
  bool plain_http = false;  // only when asked, and never after a redirect from https
  bool verify_tls = true;
  std::optional<std::filesystem::path> ca_file = std::nullopt;
  std::optional<std::filesystem::path> auth_file = std::nullopt;  // docker's config.json; default: as docker and podman
  unsigned parallel = 4;
  std::stop_token stop = {};
};

std::filesystem::path default_cache_directory();  // $XDG_CACHE_HOME/cairn or ~/.cache/cairn
std::unique_ptr<ImageSource> open_source(const SourceSpec& spec, const SourceOptions& options);

// One image for one platform; immutable.
class Image {
 public:
  // Reads index (if any), manifest and config. Throws reason::kNoPlatform, kWrongPlatform if it is for another machine,
  // kNoSuchImage, kBadManifest, kBadConfig, kUnsupportedImage and what the place may throw, with the spec in front.
  static Image open(const SourceSpec& spec, const Platform& platform, const SourceOptions& options);

  const SourceSpec& spec() const;
  const Digest& digest() const;  // of the manifest
  // The manifest as its source gave it: what a copy must not change.
  const ImageSource::Document& document() const;
  const Manifest& manifest() const;
  const ImageConfig& config() const;
  std::uint64_t compressed_size() const;

  // Makes all layers local (see ImageSource::prefetch).
  void prefetch(Progress& progress) const;
  // A layer's tar stream, bottom layer = 0: blob digest, size and diff ID are checked as it flows, and the ratio of
  // uncompressed to compressed bytes is bounded (reason::kLayerBomb). May be called several times and from several
  // threads; the source may outlive the image.
  std::unique_ptr<Source> open_layer(std::size_t index) const;

  ImageSource& source() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace cairn::oci
