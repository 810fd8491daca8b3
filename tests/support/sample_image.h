// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/codec.h"
#include "archive/tar.h"
#include "core/digest.h"
#include "oci/manifest.h"
#include "support/temp_tree.h"

#include <map>
#include <string>
#include <vector>

namespace cairn::testing {

// A small image made in memory: its documents and blobs.
struct SampleImage {
  std::map<std::string, std::string> blobs;  // by digest, manifest included
  std::string manifest;
  Digest digest = sha256({});
  std::vector<std::string> layers;  // tar streams, bottom first
  std::vector<oci::Descriptor> descriptors;

  std::string add_blob(const std::string& bytes) {
    const std::string name = sha256(as_bytes(bytes)).text();
    blobs[name] = bytes;
    return name;
  }

  void write_layout(const TempTree& tree, const std::string& folder, const std::string& tag = "") const {
    for (const auto& [name, bytes] : blobs) tree.write(folder + "/blobs/sha256/" + name.substr(7), bytes);
    tree.write(folder + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    oci::Descriptor entry{
        .media_type = std::string(oci::media_type::kManifest), .digest = digest, .size = manifest.size()};
    if (!tag.empty()) entry.annotations["org.opencontainers.image.ref.name"] = tag;
    tree.write(folder + "/index.json", oci::Index{.manifests = {entry}, .annotations = {}}.to_text());
  }
};

// A tar archive of plain files, by name.
inline std::string make_tar(const std::map<std::string, std::string>& files) {
  TextSink out;
  archive::TarWriter writer(out);
  for (const auto& [name, text] : files) {
    archive::TarEntry entry;
    entry.path = name;
    entry.mode = 0644;
    entry.size = text.size();
    TextSource content(text);
    writer.add(entry, &content);
  }
  writer.finish();
  return out.take();
}

inline std::string compress(const std::string& text, archive::Compression how) {
  TextSink out;
  const auto sink = archive::make_compressor(how, 1, out);
  sink->write(as_bytes(text));
  sink->finish();
  return out.take();
}

// Bytes that gzip can't shrink, the same for the same seed.
inline std::string make_noise(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes;
  bytes.reserve(size);
  std::uint32_t state = seed;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24);
  }
  return bytes;
}

struct SampleOptions {
  archive::Compression compression = archive::Compression::gzip;
  std::string architecture = "amd64";
  std::string created = "";  // RFC 3339
  std::string diff_id = "";  // what the configuration says instead of the truth
};

inline SampleImage make_sample_image(std::vector<std::string> tars = {make_tar({{"a", "one"}}),
                                                                      make_tar({{"b", "two"}})},
                                     const SampleOptions& options = {}) {
  SampleImage image;
  image.layers = std::move(tars);
  oci::Manifest manifest{.config = {.media_type = std::string(oci::media_type::kConfig), .digest = sha256({})},
                         .layers = {},
                         .annotations = {},
                         .artifact_type = ""};
  std::string diff_ids;
  for (const std::string& tar : image.layers) {
    const std::string packed = compress(tar, options.compression);
    const auto type = options.compression == archive::Compression::gzip   ? oci::media_type::kLayerGzip
                      : options.compression == archive::Compression::zstd ? oci::media_type::kLayerZstd
                                                                          : oci::media_type::kLayerTar;
    manifest.layers.push_back(
        {.media_type = std::string(type), .digest = Digest::parse(image.add_blob(packed)), .size = packed.size()});
    const std::string diff_id = options.diff_id.empty() ? sha256(as_bytes(tar)).text() : options.diff_id;
    diff_ids += (diff_ids.empty() ? "\"" : ",\"") + diff_id + "\"";
  }
  const std::string created = options.created.empty() ? "" : R"("created":")" + options.created + R"(",)";
  const std::string config = "{" + created + R"("os":"linux","architecture":")" + options.architecture +
                             R"(","rootfs":{"type":"layers","diff_ids":[)" + diff_ids +
                             R"(]},"config":{"Labels":{"name":"sample"}}})";
  manifest.config.digest = Digest::parse(image.add_blob(config));
  manifest.config.size = config.size();
  image.descriptors = manifest.layers;
  image.manifest = manifest.to_text();
  image.digest = sha256(as_bytes(image.manifest));
  image.add_blob(image.manifest);
  return image;
}

}  // namespace cairn::testing
