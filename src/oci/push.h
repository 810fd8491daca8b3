// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/image.h"

#include <functional>

namespace cairn::oci {

// Takes blobs and manifests: a registry or a layout directory. Blobs that are there already are not sent again.
class ImageTarget {
 public:
  virtual ~ImageTarget() = default;
  virtual void put_blob(const Descriptor& descriptor, const std::function<std::unique_ptr<Source>()>& open) = 0;
  // Stores a manifest or index under its digest and, if not empty, a tag.
  virtual void put_manifest(std::string_view media_type, std::string_view text, const std::string& tag) = 0;
};

std::unique_ptr<ImageTarget> open_target(const SourceSpec& spec, const SourceOptions& options);

// Copies one image (config, layers, manifest; bytes unchanged, so the digest stays). Returns its digest.
Digest copy_image(const Image& image, const SourceSpec& target, const SourceOptions& options, Progress& progress);

}  // namespace cairn::oci
