// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::oci {

// image-spec: media types; Docker's schema 2 names are read as their twins.
namespace media_type {
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerTar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}  // namespace media_type

// Largest manifest, index or configuration that is read, in bytes: what registries take.
inline constexpr std::size_t kMaxDocument = 4 << 20;

// The OCI name for one of Docker's; others stay as they are.
std::string_view oci_media_type(std::string_view media_type);

// Which of kManifest and kIndex a document is: by its own mediaType, else by `told` (a Content-Type or a descriptor's,
// may be empty), else by its members. Throws reason::kBadManifest where these contradict each other (CVE-2021-41190)
// and reason::kUnsupportedImage for Docker's schema 1 and what is no image.
std::string_view find_document_type(std::string_view text, std::string_view told, std::string_view what);

// "linux/amd64", "linux/arm64/v8".
struct Platform {
  std::string os = "linux";
  std::string architecture = "amd64";
  std::string variant = {};

  // In Go's words, or the kernel's (x86_64, aarch64). Throws reason::kBadReference.
  static Platform parse(std::string_view text);
  static Platform host();
  std::string to_text() const;
  // Whether an image for `offered` runs here; an empty variant here takes any.
  bool accepts(const Platform& offered) const;
};

using Annotations = std::map<std::string, std::string>;

// image-spec: descriptor. Docker's media types stand as their OCI twins.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform = std::nullopt;
  Annotations annotations = {};
};

// image-spec: manifest, at most 4 MiB, at most 1000 layers, only known media types. Documents that mix `manifests` and
// `layers`, or whose mediaType is not the expected one, are refused (CVE-2021-41190).
struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
  Annotations annotations;
  std::string artifact_type;

  static Manifest parse(std::string_view text, std::string_view what);
  std::string to_text() const;
};

// image-spec: index. Entries of unknown media types are kept and never chosen.
struct Index {
  std::vector<Descriptor> manifests;
  Annotations annotations;

  static Index parse(std::string_view text, std::string_view what);
  std::string to_text() const;
  // The first entry for the platform, else the only image or index that names none; throws reason::kNoPlatform
  // listing what there is.
  const Descriptor& choose(const Platform& platform, std::string_view what) const;
};

// image-spec: config; what we use of it.
struct ImageConfig {
  Platform platform;
  std::string created;
  std::vector<Digest> diff_ids;
  std::map<std::string, std::string> labels;
  std::vector<std::string> environment;
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;

  static ImageConfig parse(std::string_view text, std::string_view what);
};

}  // namespace cairn::oci
