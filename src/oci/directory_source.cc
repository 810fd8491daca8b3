// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"
#include "core/reasons.h"
#include "oci/directory_tar.h"
#include "oci/owned_text.h"
#include "oci/produced_source.h"
#include "oci/reasons.h"
#include "oci/sources.h"

#include <mutex>

namespace cairn::oci {
namespace {

// Counts and hashes.
class Measure final : public Sink {
 public:
  void write(Bytes data) override {
    hasher_.write(data);
    size_ += data.size();
  }
  Descriptor descriptor() {
    return {.media_type = std::string(media_type::kLayerTar), .digest = hasher_.finish(), .size = size_};
  }

 private:
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

// Says what a mismatch means here: somebody writes to the directory.
class SteadySource final : public Source {
 public:
  SteadySource(std::unique_ptr<Source> inner, std::string directory)
      : inner_(std::move(inner)), directory_(std::move(directory)) {}
  std::size_t read(MutableBytes out) override {
    try {
      return inner_->read(out);
    } catch (const Error& error) {  // recovers nothing: names the cause
      if (!error.is(cairn::reason::kDigestMismatch)) throw;
      throw Error(reason::kDirectoryChanged, "{} changed while it was read", directory_);
    }
  }

 private:
  std::unique_ptr<Source> inner_;
  std::string directory_;
};

// The layer is the directory's tar stream, made anew for each reader; its digest needs one reading of everything, which
// is done when the manifest is asked for.
class DirectorySource final : public ImageSource {
 public:
  DirectorySource(std::filesystem::path directory, Platform platform)
      : directory_(std::move(directory)), platform_(std::move(platform)) {}

  Document get_root() override {
    const Documents& made = documents();
    return {.text = made.manifest,
            .media_type = std::string(media_type::kManifest),
            .digest = sha256(as_bytes(made.manifest))};
  }

  Document get_manifest(const Descriptor& descriptor) override {
    Document root = get_root();
    if (root.digest == descriptor.digest) return root;
    throw Error(reason::kNoSuchImage, "dir:{} has no manifest {}", directory_.string(), descriptor.digest.text());
  }

  std::unique_ptr<Source> open_blob(const Descriptor& descriptor) override {
    const Documents& made = documents();
    if (descriptor.digest == made.layer.digest) {
      auto stream = make_produced_source([directory = directory_](Sink& out) { write_directory_tar(directory, out); });
      auto verified =
          std::make_unique<VerifiedSource>(std::move(stream), made.layer.digest, made.layer.size, directory_.string());
      return std::make_unique<SteadySource>(std::move(verified), directory_.string());
    }
    if (descriptor.digest == sha256(as_bytes(made.config))) return std::make_unique<OwnedText>(made.config);
    throw Error(reason::kNoSuchImage, "dir:{} has no blob {}", directory_.string(), descriptor.digest.text());
  }

  void prefetch(std::span<const Descriptor>, Progress&) override {}

 private:
  struct Documents {
    Descriptor layer;
    std::string config;
    std::string manifest;
  };

  const Documents& documents() {
    const std::scoped_lock lock(mutex_);
    if (!documents_) documents_ = make_documents();
    return *documents_;
  }

  Documents make_documents() const {
    Measure measure;
    write_directory_tar(directory_, measure);
    const Descriptor layer = measure.descriptor();
    json::object config{{"architecture", platform_.architecture}, {"os", platform_.os}};
    if (!platform_.variant.empty()) config["variant"] = platform_.variant;
    config["config"] = json::object{};
    config["rootfs"] = json::object{{"type", "layers"}, {"diff_ids", json::array{layer.digest.text()}}};
    const std::string text = to_text(config);
    const Manifest manifest{.config = {.media_type = std::string(media_type::kConfig),
                                       .digest = sha256(as_bytes(text)),
                                       .size = text.size()},
                            .layers = {layer},
                            .annotations = {},
                            .artifact_type = ""};
    return {.layer = layer, .config = text, .manifest = manifest.to_text()};
  }

  std::filesystem::path directory_;
  Platform platform_;
  std::mutex mutex_;
  std::optional<Documents> documents_;
};

}  // namespace

std::unique_ptr<ImageSource> make_directory_source(const std::filesystem::path& directory, const Platform& platform) {
  std::error_code problem;
  if (!std::filesystem::is_directory(directory, problem)) {
    throw Error(cairn::reason::kNotFound, "there is no directory {}", directory.string());
  }
  return std::make_unique<DirectorySource>(directory, platform);
}

}  // namespace cairn::oci
