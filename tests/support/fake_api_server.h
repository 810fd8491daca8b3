// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "support/http_server.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cairn::testing {

// What a client meets of an API server, in memory: versions and conflicts, pages, watches with a history that can be
// forgotten, finalizers, and failures at will. A watch answers with what happened since, then a bookmark, and ends:
// time passes in tests by asking again. It validates nothing; behaviour is tested against the real one (label kube).
class FakeApiServer {
 public:
  FakeApiServer();

  HttpServer& http() { return http_; }
  std::string url() const { return http_.url(""); }

  // Answers instead of the server while it returns something. Called from several threads, with no lock held.
  using Intercept = std::function<std::optional<ServerResponse>(const ServerRequest&)>;
  void intercept(Intercept by);

  // Acts of somebody else. `path` is that of the object: "/apis/g/v1/namespaces/n/boxes/a".
  json::value put(const std::string& path, json::object spec);
  void remove(const std::string& path);
  std::optional<json::value> find(const std::string& path) const;
  std::size_t size() const;

  // Forgets the history so far: watches from before end in 410.
  void compact();
  // Everything as it was at snapshot(), the version too.
  struct Snapshot {
    std::map<std::string, json::value> objects;
    std::uint64_t version = 0;
  };
  Snapshot snapshot() const;
  void restore(const Snapshot& snapshot);

  // Requests whose method and target begin so.
  std::size_t count(std::string_view method, std::string_view target) const;

 private:
  struct Change {
    std::uint64_t version;
    std::string type;
    std::string path;
    json::value object;
  };

  ServerResponse answer(const ServerRequest& request);
  ServerResponse list(const std::string& collection, const std::map<std::string, std::string>& query);
  ServerResponse watch(const std::string& collection, const std::map<std::string, std::string>& query);
  ServerResponse write(const ServerRequest& request, const std::string& path, bool patch);
  ServerResponse erase(const ServerRequest& request, const std::string& path);
  json::value store(const std::string& path, json::object object, const std::string& type);
  void drop(const std::string& path);

  mutable std::mutex mutex_;
  std::shared_ptr<Intercept> intercept_;
  std::map<std::string, json::value> objects_;
  std::vector<Change> history_;
  std::uint64_t version_ = 100;
  std::uint64_t forgotten_ = 0;
  std::uint64_t next_uid_ = 1;
  HttpServer http_;  // last: it calls the others
};

// An answer of kind Status.
ServerResponse make_status(int code, std::string_view reason, std::string_view message);

}  // namespace cairn::testing
