// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/http_server.h"
#include "support/sample_image.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace cairn::testing {

// A registry of one repository, "team/os", in the test program: keeps blobs and manifests in memory, knows Range.
// `intercept` sees every request first and may answer it instead. Thread-safe.
class FakeRegistry {
 public:
  using Intercept = std::function<std::optional<ServerResponse>(const ServerRequest&)>;

  explicit FakeRegistry(Intercept intercept = {})
      : intercept_(std::move(intercept)), server_([this](const ServerRequest& request) { return answer(request); }) {}

  void add(const SampleImage& image, const std::string& tag) {
    const std::scoped_lock lock(mutex_);
    blobs_.insert(image.blobs.begin(), image.blobs.end());
    tags_[tag] = image.digest.text();
  }
  void add_manifest(const std::string& text, const std::string& tag, const std::string& type) {
    const std::scoped_lock lock(mutex_);
    const std::string digest = sha256(as_bytes(text)).text();
    blobs_[digest] = text;
    tags_[tag] = digest;
    types_[digest] = type;
  }

  std::string name() const { return "127.0.0.1:" + std::to_string(server_.port()) + "/team/os"; }
  const HttpServer& server() const { return server_; }
  std::string url(const std::string& path) const { return server_.url(path); }
  std::size_t count(const std::string& method, const std::string& part) const {
    std::size_t found = 0;
    for (const auto& request : server_.requests()) {
      if (request.method == method && request.target.find(part) != std::string::npos) ++found;
    }
    return found;
  }
  std::optional<std::string> blob(const std::string& digest) const {
    const std::scoped_lock lock(mutex_);
    const auto at = blobs_.find(digest);
    return at == blobs_.end() ? std::nullopt : std::optional(at->second);
  }
  std::optional<std::string> tag(const std::string& tag) const {
    const std::scoped_lock lock(mutex_);
    const auto at = tags_.find(tag);
    return at == tags_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  ServerResponse answer(const ServerRequest& request) {
    if (intercept_) {
      if (auto response = intercept_(request)) return *std::move(response);
    }
    const std::scoped_lock lock(mutex_);
    const std::string prefix = "/v2/team/os/";
    if (!request.target.starts_with(prefix)) return {.status = 404};
    const std::string path = request.target.substr(prefix.size());
    if (request.method == "POST") return {.status = 202, .headers = {{"Location", prefix + "blobs/uploads/1?state=x"}}};
    if (path.starts_with("manifests/")) return manifest(request, path.substr(10));
    if (request.method == "PUT") return take_blob(request, path);
    return give_blob(request, path.substr(6));
  }

  ServerResponse manifest(const ServerRequest& request, const std::string& key) {
    if (request.method == "PUT") {
      const std::string digest = sha256(as_bytes(request.body)).text();
      blobs_[digest] = request.body;
      types_[digest] = request.header("Content-Type");
      tags_[key] = digest;
      return {.status = 201, .headers = {{"Docker-Content-Digest", digest}}};
    }
    const std::string digest = tags_.contains(key) ? tags_[key] : key;
    if (!blobs_.contains(digest)) {
      return {.status = 404,
              .headers = {{"Content-Type", "application/json"}},
              .body = R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"};
    }
    const std::string type = types_.contains(digest) ? types_[digest] : std::string(oci::media_type::kManifest);
    return {.headers = {{"Content-Type", type}, {"Docker-Content-Digest", digest}}, .body = blobs_[digest]};
  }

  ServerResponse take_blob(const ServerRequest& request, const std::string& path) {
    const std::string sign = "digest=sha256%3A";
    const std::string digest = "sha256:" + path.substr(path.find(sign) + sign.size(), 64);
    if (sha256(as_bytes(request.body)).text() != digest) return {.status = 400};
    blobs_[digest] = request.body;
    return {.status = 201, .headers = {{"Docker-Content-Digest", digest}}};
  }

  ServerResponse give_blob(const ServerRequest& request, const std::string& digest) {
    if (!blobs_.contains(digest)) return {.status = 404};
    const std::string& bytes = blobs_[digest];
    const std::string range = request.header("Range");
    if (range.empty()) return {.headers = {{"ETag", "\"" + digest + "\""}}, .body = bytes};
    const std::size_t from = std::stoul(range.substr(6));
    return {.status = 206,
            .headers = {{"Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(bytes.size() - 1) +
                                              "/" + std::to_string(bytes.size())}},
            .body = bytes.substr(from)};
  }

  Intercept intercept_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> blobs_;
  std::map<std::string, std::string> tags_;
  std::map<std::string, std::string> types_;
  HttpServer server_;  // last: its threads use everything above
};

}  // namespace cairn::testing
