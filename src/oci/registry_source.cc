// SPDX-License-Identifier: Apache-2.0
#include "core/reasons.h"
#include "core/text.h"
#include "net/retry.h"
#include "oci/parallel.h"
#include "oci/reasons.h"
#include "oci/sources.h"

#include <algorithm>
#include <atomic>
#include <set>

namespace cairn::oci {
namespace {

constexpr std::string_view kAccept =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

Digest digest_of(std::string_view text, std::string_view algorithm) {
  Hasher hasher(algorithm);
  hasher.write(as_bytes(text));
  return hasher.finish();
}

class RegistrySource final : public ImageSource {
 public:
  RegistrySource(const Reference& reference, const SourceOptions& options, const RegistryWorld& world)
      : reference_(reference),
        options_(options),
        client_(reference, options, Access::pull, world),
        blobs_(options, *world.clock) {}

  Document get_root() override { return get(reference_.manifest_key(), reference_.digest); }

  Document get_manifest(const Descriptor& descriptor) override {
    if (descriptor.size > kMaxDocument) {
      throw Error(cairn::reason::kTooLarge, "manifest {} is larger than 4 MiB", descriptor.digest.text());
    }
    Document document = get(descriptor.digest.text(), descriptor.digest);
    if (document.text.size() != descriptor.size) {
      throw Error(cairn::reason::kDigestMismatch, "manifest {} has {} bytes instead of {}", descriptor.digest.text(),
                  document.text.size(), descriptor.size);
    }
    return document;
  }

  std::unique_ptr<Source> open_blob(const Descriptor& descriptor) override {
    return blobs_.open(descriptor, open_from(options_.stop), options_.stop);
  }

  void prefetch(std::span<const Descriptor> wanted, Progress& progress) override {
    std::vector<Descriptor> blobs;
    std::set<Digest> seen;
    std::uint64_t total = 0;
    for (const Descriptor& blob : wanted) {
      if (!seen.insert(blob.digest).second) continue;
      blobs.push_back(blob);
      total += blob.size;
    }
    std::atomic<std::uint64_t> done{0};
    progress.step("downloading layers");
    progress.bytes(0, total);
    for_each_parallel(blobs.size(), options_.parallel, options_.stop, [&](std::size_t i, const std::stop_token& stop) {
      const auto count = [&](std::uint64_t bytes) { progress.bytes(done += bytes, total); };
      blobs_.fetch(blobs[i], open_from(stop), count, stop);
    });
  }

 private:
  PinnedBlobs::OpenFrom open_from(const std::stop_token& stop) {
    return [this, stop](const Descriptor& blob, std::uint64_t offset) {
      return with_context(fmt::format("registry {}: blob {}", client_.registry(), blob.digest.text()),
                          [&] { return client_.open("blobs/" + blob.digest.text(), offset, stop); });
    };
  }

  Document get(const std::string& key, const std::optional<Digest>& expected) {
    const std::string what = fmt::format("manifest {} of {}/{}", key, client_.registry(), client_.repository());
    for (int failures = 1;; ++failures) {
      try {
        return read(key, expected, what);
      } catch (const Error& error) {  // recovers a connection that broke inside the document
        if (!net::is_passing(error) || failures >= client_.policy().attempts) throw;
      }
      client_.clock().sleep(net::make_pause(client_.policy(), failures, std::nullopt), options_.stop);
    }
  }

  Document read(const std::string& key, const std::optional<Digest>& expected, const std::string& what) {
    net::HttpRequest request{.url = client_.url("manifests/" + key)};
    request.headers.set("Accept", std::string(kAccept));
    net::HttpResponse response = client_.send(std::move(request), options_.stop);
    if (response.status != 200) throw client_.failure("GET", fmt::format("manifest {}", key), response);
    std::string text = read_text(*response.body, kMaxDocument, what);
    const Digest found = digest_of(text, expected ? expected->algorithm() : "sha256");
    if (expected && found != *expected) {
      throw Error(cairn::reason::kDigestMismatch, "{} has digest {} instead", what, found.text());
    }
    if (const auto told = response.headers.find("Docker-Content-Digest")) {
      const auto digest = Digest::try_parse(trim(*told));
      if (!digest || digest_of(text, digest->algorithm()) != *digest) {
        throw Error(cairn::reason::kDigestMismatch, "{}: the registry says that its digest is \"{}\", it is {}", what,
                    printable(*told, 150), found.text());
      }
    }
    const std::string type = response.headers.find("Content-Type").value_or("");
    return {.text = std::move(text), .media_type = to_lower(trim(type.substr(0, type.find(';')))), .digest = found};
  }

  Reference reference_;
  SourceOptions options_;
  RegistryClient client_;
  PinnedBlobs blobs_;
};

}  // namespace

std::unique_ptr<ImageSource> make_registry_source(const Reference& reference, const SourceOptions& options,
                                                  const RegistryWorld& world) {
  return std::make_unique<RegistrySource>(reference, options, world);
}

}  // namespace cairn::oci
