// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/blob_cache.h"
#include "oci/image.h"
#include "oci/registry_client.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// The places that images come from, behind ImageSource.
namespace cairn::oci {

std::unique_ptr<ImageSource> make_registry_source(const Reference& reference, const SourceOptions& options,
                                                  const RegistryWorld& world = {});

// The files of a layout (image-spec: image layout), wherever they lie.
class LayoutFiles {
 public:
  virtual ~LayoutFiles() = default;
  // "index.json", "blobs/sha256/<hex>"; null if there is no such file.
  virtual std::unique_ptr<Source> open(const std::string& name) = 0;
};

std::unique_ptr<LayoutFiles> open_layout_folder(const std::filesystem::path& folder);
// A tar file, plain or compressed. Plain: names are indexed and blobs are read in place. Compressed: it is streamed
// once and its blobs go into the cache.
std::unique_ptr<LayoutFiles> open_layout_archive(const std::filesystem::path& file, const SourceOptions& options);

// The image that tag or digest of `spec` name in a layout.
std::unique_ptr<ImageSource> make_layout_source(const SourceSpec& spec, std::unique_ptr<LayoutFiles> files);

// A plain directory as an image of one layer, for `platform` (a directory does not say what it is for).
std::unique_ptr<ImageSource> make_directory_source(const std::filesystem::path& directory, const Platform& platform);

// Blobs of a source that lie in the cache and stay there while this lives. Thread-safe.
class PinnedBlobs {
 public:
  PinnedBlobs(const SourceOptions& options, Clock& clock);

  using OpenFrom = std::function<std::unique_ptr<Source>(const Descriptor& blob, std::uint64_t offset)>;
  // Gets the blob if need be and reads it.
  std::unique_ptr<Source> open(const Descriptor& blob, const OpenFrom& open_from, const std::stop_token& stop);
  void fetch(const Descriptor& blob, const OpenFrom& open_from, const BlobCache::OnBytes& on_bytes,
             const std::stop_token& stop);
  // Reads a blob that was got before; null otherwise.
  std::unique_ptr<Source> find(const Descriptor& blob);
  bool has(const Descriptor& blob);

 private:
  BlobCache cache_;
  std::mutex mutex_;
  std::map<Digest, std::shared_ptr<const BlobCache::Pin>> pins_;
};

}  // namespace cairn::oci
