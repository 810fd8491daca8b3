// SPDX-License-Identifier: Apache-2.0
#include "oci/push.h"

#include "core/json.h"
#include "core/text.h"
#include "oci/parallel.h"
#include "oci/reasons.h"
#include "oci/targets.h"

#include <atomic>
#include <set>

namespace cairn::oci {
namespace {

// Tells what passes through.
class CountedSource final : public Source {
 public:
  CountedSource(std::unique_ptr<Source> inner, std::function<void(std::uint64_t)> on_bytes, std::stop_token stop)
      : inner_(std::move(inner)), on_bytes_(std::move(on_bytes)), stop_(std::move(stop)) {}
  std::size_t read(MutableBytes out) override {
    check_canceled(stop_);
    const std::size_t count = inner_->read(out);
    on_bytes_(count);
    return count;
  }

 private:
  std::unique_ptr<Source> inner_;
  std::function<void(std::uint64_t)> on_bytes_;
  std::stop_token stop_;
};

// What the manifest calls itself; Docker's and OCI's names are not the same thing to a registry.
std::string own_media_type(const ImageSource::Document& document) {
  const json::value value = parse_json(document.text, "manifest");
  const auto own = JsonCursor(value, "manifest", reason::kBadManifest).find("mediaType");
  return own ? own->text() : std::string(media_type::kManifest);
}

std::string tag_of(const SourceSpec& target) {
  return target.kind == SourceSpec::Kind::registry ? target.reference->tag : target.tag;
}

std::optional<Digest> digest_of(const SourceSpec& target) {
  return target.kind == SourceSpec::Kind::registry ? target.reference->digest : target.digest;
}

void send_blobs(const Image& image, ImageTarget& target, const SourceOptions& options, Progress& progress) {
  std::vector<Descriptor> blobs;
  std::set<Digest> seen;
  std::uint64_t total = 0;
  const auto add = [&](const Descriptor& blob) {
    if (!seen.insert(blob.digest).second) return;
    blobs.push_back(blob);
    total += blob.size;
  };
  for (const Descriptor& layer : image.manifest().layers) add(layer);
  add(image.manifest().config);
  std::atomic<std::uint64_t> done{0};
  progress.step("copying layers");
  progress.bytes(0, total);
  for_each_parallel(blobs.size(), options.parallel, options.stop, [&](std::size_t i, const std::stop_token& stop) {
    const Descriptor& blob = blobs[i];
    // A blob that is sent again, or not at all because it is there, must still count once.
    std::uint64_t counted = 0;
    const auto count_to = [&](std::uint64_t position) {
      if (position <= counted) return;
      done += position - std::exchange(counted, position);
      progress.bytes(done, total);
    };
    target.put_blob(blob, [&]() -> std::unique_ptr<Source> {
      const auto on_bytes = [&, position = std::uint64_t{0}](std::uint64_t bytes) mutable {
        count_to(position += bytes);
      };
      return std::make_unique<CountedSource>(image.source().open_blob(blob), on_bytes, stop);
    });
    count_to(blob.size);
  });
}

}  // namespace

std::unique_ptr<ImageTarget> open_target(const SourceSpec& spec, const SourceOptions& options) {
  switch (spec.kind) {
    case SourceSpec::Kind::registry: return make_registry_target(spec.reference.value(), options);
    case SourceSpec::Kind::layout: return make_layout_target(spec.path);
    case SourceSpec::Kind::archive:
    case SourceSpec::Kind::directory: break;
  }
  throw Error(reason::kBadTarget, "{} can't be written to", spec.to_text());
}

Digest copy_image(const Image& image, const SourceSpec& target, const SourceOptions& options, Progress& progress) {
  return with_context(fmt::format("copying {} to {}", image.spec().to_text(), target.to_text()), [&] {
    if (const auto wanted = digest_of(target); wanted && *wanted != image.digest()) {
      throw Error(reason::kBadTarget, "the image has digest {}, the target names {}", image.digest().text(),
                  wanted->text())
          .set_remedy("Leave the digest out of the target's name.");
    }
    const auto opened = open_target(target, options);
    image.prefetch(progress);
    send_blobs(image, *opened, options, progress);
    opened->put_manifest(own_media_type(image.document()), image.document().text, tag_of(target));
    return image.digest();
  });
}

}  // namespace cairn::oci
