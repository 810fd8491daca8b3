// SPDX-License-Identifier: Apache-2.0
#include "oci/image.h"

#include "core/environment.h"
#include "core/reasons.h"
#include "oci/credentials.h"
#include "oci/layer_source.h"
#include "oci/reasons.h"
#include "oci/sources.h"

namespace cairn::oci {
namespace {

constexpr int kMaxNesting = 4;  // indexes in indexes

// Down through indexes to the manifest for the platform.
ImageSource::Document find_manifest(ImageSource& source, const Platform& platform, const std::string& what) {
  ImageSource::Document document = source.get_root();
  for (int level = 0;; ++level) {
    if (find_document_type(document.text, document.media_type, what) == media_type::kManifest) return document;
    if (level == kMaxNesting)
      throw Error(reason::kBadManifest, "{}: indexes are nested deeper than {}", what, kMaxNesting);
    const Index index = Index::parse(document.text, what);
    const Descriptor& chosen = index.choose(platform, what);
    document = source.get_manifest(chosen);
    document.media_type = chosen.media_type;
  }
}

ImageConfig read_config(ImageSource& source, const Descriptor& config, const std::string& what) {
  if (config.size > kMaxDocument) throw Error(cairn::reason::kTooLarge, "{} is larger than 4 MiB", what);
  return ImageConfig::parse(read_text(*source.open_blob(config), kMaxDocument, what), what);
}

void check_platform(const Platform& found, const Platform& wanted, const std::string& what) {
  if (wanted.accepts(found)) return;
  Error error(reason::kWrongPlatform, "{} is for {}, not for {}", what, found.to_text(), wanted.to_text());
  throw error.set_remedy(fmt::format("Give --platform {}, or an image for {}.", found.to_text(), wanted.to_text()));
}

}  // namespace

std::filesystem::path default_cache_directory() {
  if (const auto cache = filled_process_environment("XDG_CACHE_HOME")) return std::filesystem::path(*cache) / "cairn";
  if (const auto home = filled_process_environment("HOME")) return std::filesystem::path(*home) / ".cache/cairn";
  return default_temp_parent() / "cairn-cache";
}

std::unique_ptr<ImageSource> open_source(const SourceSpec& spec, const SourceOptions& options) {
  switch (spec.kind) {
    case SourceSpec::Kind::registry: return make_registry_source(spec.reference.value(), options);
    case SourceSpec::Kind::layout: return make_layout_source(spec, open_layout_folder(spec.path));
    case SourceSpec::Kind::archive: return make_layout_source(spec, open_layout_archive(spec.path, options));
    case SourceSpec::Kind::directory: return make_directory_source(spec.path, Platform::host());
  }
  throw Error(cairn::reason::kInternal, "a source of unknown kind");
}

struct Image::State {
  SourceSpec spec;
  std::unique_ptr<ImageSource> source;
  ImageSource::Document document;
  Manifest manifest;
  ImageConfig config;
};

Image Image::open(const SourceSpec& spec, const Platform& platform, const SourceOptions& options) {
  const std::string what = spec.to_text();
  return with_context(fmt::format("image {}", what), [&] {
    // A directory does not say what it is for: the caller does.
    auto source = spec.kind == SourceSpec::Kind::directory ? make_directory_source(spec.path, platform)
                                                           : open_source(spec, options);
    ImageSource::Document document = find_manifest(*source, platform, "manifest of " + what);
    Manifest manifest = Manifest::parse(document.text, "manifest of " + what);
    ImageConfig config = read_config(*source, manifest.config, "configuration of " + what);
    check_platform(config.platform, platform, what);
    if (config.diff_ids.size() != manifest.layers.size()) {
      throw Error(reason::kBadConfig, "its configuration lists {} layers, its manifest {}", config.diff_ids.size(),
                  manifest.layers.size());
    }
    Image image;
    image.state_ = std::make_shared<const State>(
        State{spec, std::move(source), std::move(document), std::move(manifest), std::move(config)});
    return image;
  });
}

const SourceSpec& Image::spec() const { return state_->spec; }
const Digest& Image::digest() const { return state_->document.digest; }
const ImageSource::Document& Image::document() const { return state_->document; }
const Manifest& Image::manifest() const { return state_->manifest; }
const ImageConfig& Image::config() const { return state_->config; }
ImageSource& Image::source() const { return *state_->source; }

std::uint64_t Image::compressed_size() const {
  std::uint64_t total = 0;
  for (const Descriptor& layer : state_->manifest.layers) total += layer.size;
  return total;
}

void Image::prefetch(Progress& progress) const {
  with_context(fmt::format("image {}", state_->spec.to_text()),
               [&] { state_->source->prefetch(state_->manifest.layers, progress); });
}

namespace {

// Keeps the image's source alive and names the layer in errors.
class ImageLayer final : public Source {
 public:
  ImageLayer(std::shared_ptr<const void> owner, std::unique_ptr<Source> inner, std::string what)
      : owner_(std::move(owner)), inner_(std::move(inner)), what_(std::move(what)) {}
  std::size_t read(MutableBytes out) override {
    return with_context(what_, [&] { return inner_->read(out); });
  }

 private:
  std::shared_ptr<const void> owner_;
  std::unique_ptr<Source> inner_;
  std::string what_;
};

}  // namespace

std::unique_ptr<Source> Image::open_layer(std::size_t index) const {
  const Descriptor& layer = state_->manifest.layers.at(index);
  const std::string what = fmt::format("image {}: layer {}", state_->spec.to_text(), index);
  auto source = with_context(what, [&] {
    return make_layer_source(state_->source->open_blob(layer), layer, state_->config.diff_ids.at(index));
  });
  return std::make_unique<ImageLayer>(state_, std::move(source), what);
}

}  // namespace cairn::oci
