// SPDX-License-Identifier: Apache-2.0
#include "core/reasons.h"
#include "core/text.h"
#include "net/reasons.h"
#include "net/retry.h"
#include "oci/reasons.h"
#include "oci/targets.h"

namespace cairn::oci {
namespace {

class RegistryTarget final : public ImageTarget {
 public:
  RegistryTarget(const Reference& reference, const SourceOptions& options, const RegistryWorld& world)
      : stop_(options.stop), client_(reference, options, Access::push, world) {}

  void put_blob(const Descriptor& blob, const std::function<std::unique_ptr<Source>()>& open) override {
    const std::string what = "blob " + blob.digest.text();
    with_context(fmt::format("sending {}", what), [&] {
      if (has(blob, what)) return;
      for (int failures = 1;; ++failures) {
        try {
          return upload(blob, open, what);
        } catch (const Error& error) {  // recovers an upload that was cut: a new one is begun
          if (!net::is_passing(error) || failures >= client_.policy().attempts) throw;
        }
        client_.clock().sleep(net::make_pause(client_.policy(), failures, std::nullopt), stop_);
      }
    });
  }

  void put_manifest(std::string_view media_type, std::string_view text, const std::string& tag) override {
    const Digest digest = sha256(as_bytes(text));
    net::HttpRequest request{.method = "PUT", .url = client_.url("manifests/" + (tag.empty() ? digest.text() : tag))};
    request.headers.set("Content-Type", std::string(media_type));
    request.body = text;
    net::HttpResponse response = client_.send(std::move(request), stop_);
    const std::string what = fmt::format("manifest {}", tag.empty() ? digest.text() : tag);
    if (response.status != 201) throw client_.failure("PUT", what, response);
    check_digest(response, digest, what);
  }

 private:
  bool has(const Descriptor& blob, const std::string& what) {
    net::HttpResponse response =
        client_.send({.method = "HEAD", .url = client_.url("blobs/" + blob.digest.text())}, stop_);
    if (response.status == 404) return false;
    if (response.status != 200) throw client_.failure("HEAD", what, response);
    const auto length = response.headers.find("Content-Length");
    return length && parse_number(*length) == blob.size;
  }

  // One upload in one piece (distribution-spec: "Pushing a blob monolithically").
  void upload(const Descriptor& blob, const std::function<std::unique_ptr<Source>()>& open, const std::string& what) {
    net::HttpResponse begun = client_.send({.method = "POST", .url = client_.url("blobs/uploads/")}, stop_);
    if (begun.status != 202) throw client_.failure("POST", what, begun);
    net::HttpRequest request{.method = "PUT", .url = upload_url(begun, blob)};
    request.headers.set("Content-Type", "application/octet-stream");
    request.open_body = open;
    request.body_size = blob.size;
    net::HttpResponse response = client_.send(std::move(request), stop_, RegistryClient::Repeat::never);
    if (net::is_passing(response.status)) {
      throw Error(net::reason::kConnectionLost, "registry {} gave up the upload with status {}", client_.registry(),
                  response.status);
    }
    if (response.status != 201 && response.status != 204) throw client_.failure("PUT", what, response);
    check_digest(response, blob.digest, what);
  }

  // The place to send to may be relative or on another host; the client sends credentials to its own registry only.
  net::Url upload_url(const net::HttpResponse& begun, const Descriptor& blob) const {
    const auto location = begun.headers.find("Location");
    if (!location)
      throw Error(reason::kRegistry, "registry {} begins an upload without a Location", client_.registry());
    net::Url url = begun.url.resolve(*location);
    if (begun.url.scheme == "https" && url.scheme != "https") {
      throw Error(reason::kUnsafeAuth, "registry {} wants the upload sent without TLS, to {}", client_.registry(),
                  url.to_public_text());
    }
    url.target += (url.target.find('?') == std::string::npos ? "?digest=" : "&digest=") +
                  fmt::format("{}%3A{}", blob.digest.algorithm(), blob.digest.hex());
    return url;
  }

  void check_digest(const net::HttpResponse& response, const Digest& sent, const std::string& what) const {
    const auto told = response.headers.find("Docker-Content-Digest");
    if (!told || trim(*told) == sent.text()) return;
    throw Error(cairn::reason::kDigestMismatch, "registry {} stored {} as \"{}\"", client_.registry(), what,
                printable(*told, 150));
  }

  std::stop_token stop_;
  RegistryClient client_;
};

}  // namespace

std::unique_ptr<ImageTarget> make_registry_target(const Reference& reference, const SourceOptions& options,
                                                  const RegistryWorld& world) {
  return std::make_unique<RegistryTarget>(reference, options, world);
}

}  // namespace cairn::oci
