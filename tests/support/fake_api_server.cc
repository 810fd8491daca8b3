// SPDX-License-Identifier: Apache-2.0
#include "support/fake_api_server.h"

#include "core/text.h"

#include <fmt/core.h>

namespace cairn::testing {
namespace {

ServerResponse make_json(const json::value& value, int status = 200) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = to_text(value)};
}

std::map<std::string, std::string> read_query(std::string_view target) {
  std::map<std::string, std::string> query;
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return query;
  for (const auto& pair : split(target.substr(mark + 1), '&')) {
    const std::size_t equals = pair.find('=');
    query[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return query;
}

// RFC 7386.
void merge(json::value& target, const json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = json::object{};
  for (const auto& member : patch.get_object()) {
    if (member.value().is_null()) {
      target.as_object().erase(member.key());
    } else {
      merge(target.as_object()[member.key()], member.value());
    }
  }
}

// Objects of a collection; one without namespace has those of all.
bool is_in(const std::string& path, const std::string& collection) {
  if (path.starts_with(collection + "/") && path.find('/', collection.size() + 1) == std::string::npos) return true;
  const std::size_t last = collection.rfind('/');
  const std::string spaces = collection.substr(0, last) + "/namespaces/";
  const std::size_t rest = path.find('/', spaces.size());
  return path.starts_with(spaces) && rest != std::string::npos &&
         path.compare(rest, collection.size() - last, collection, last) == 0;
}

bool is_object_path(const std::string& path) {
  auto parts = split(path, '/');
  const bool core = parts.size() > 1 && parts[1] == "api";
  std::size_t depth = parts.size() - (core ? 3 : 4);
  if (depth > 2 && parts[core ? 3 : 4] == "namespaces") depth -= 2;
  return depth >= 2;
}

}  // namespace

ServerResponse make_status(int code, std::string_view reason, std::string_view message) {
  return make_json(json::object{{"kind", "Status"},
                                {"apiVersion", "v1"},
                                {"status", "Failure"},
                                {"reason", reason},
                                {"message", message},
                                {"code", code}},
                   code);
}

FakeApiServer::FakeApiServer() : http_([this](const ServerRequest& request) { return answer(request); }) {}

void FakeApiServer::intercept(Intercept by) {
  const std::scoped_lock lock(mutex_);
  intercept_ = std::make_shared<Intercept>(std::move(by));
}

json::value FakeApiServer::store(const std::string& path, json::object object, const std::string& type) {
  ++version_;
  const auto parts = split(path, '/');
  json::object& meta =
      object["metadata"].is_object() ? object["metadata"].as_object() : object["metadata"].emplace_object();
  meta["name"] = parts.back();
  if (parts.size() > 4 && parts[parts.size() - 4] == "namespaces") meta["namespace"] = parts[parts.size() - 3];
  if (!meta.contains("uid")) meta["uid"] = fmt::format("uid-{}", next_uid_++);
  meta["resourceVersion"] = std::to_string(version_);
  objects_[path] = object;
  history_.push_back({version_, type, path, object});
  return objects_[path];
}

json::value FakeApiServer::put(const std::string& path, json::object spec) {
  const std::scoped_lock lock(mutex_);
  const auto at = objects_.find(path);
  json::object object = at == objects_.end() ? json::object() : at->second.as_object();
  object["spec"] = std::move(spec);
  return store(path, std::move(object), at == objects_.end() ? "ADDED" : "MODIFIED");
}

void FakeApiServer::drop(const std::string& path) {
  const auto at = objects_.find(path);
  if (at == objects_.end()) return;
  ++version_;
  at->second.as_object()["metadata"].as_object()["resourceVersion"] = std::to_string(version_);
  history_.push_back({version_, "DELETED", path, at->second});
  objects_.erase(at);
}

void FakeApiServer::remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  drop(path);
}

std::optional<json::value> FakeApiServer::find(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto at = objects_.find(path);
  return at == objects_.end() ? std::nullopt : std::optional(at->second);
}

std::size_t FakeApiServer::size() const {
  const std::scoped_lock lock(mutex_);
  return objects_.size();
}

void FakeApiServer::compact() {
  const std::scoped_lock lock(mutex_);
  forgotten_ = version_;
  history_.clear();
}

FakeApiServer::Snapshot FakeApiServer::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return {objects_, version_};
}

void FakeApiServer::restore(const Snapshot& snapshot) {
  const std::scoped_lock lock(mutex_);
  objects_ = snapshot.objects;
  version_ = snapshot.version;
  std::erase_if(history_, [&](const Change& change) { return change.version > version_; });
}

std::size_t FakeApiServer::count(std::string_view method, std::string_view target) const {
  std::size_t count = 0;
  for (const auto& request : http_.requests()) {
    count += request.method == method && request.target.starts_with(target) ? 1 : 0;
  }
  return count;
}

ServerResponse FakeApiServer::answer(const ServerRequest& request) {
  std::shared_ptr<Intercept> by;
  {
    const std::scoped_lock lock(mutex_);
    by = intercept_;
  }
  if (by) {
    if (auto response = (*by)(request)) return *std::move(response);
  }
  const std::scoped_lock lock(mutex_);
  std::string path = request.target.substr(0, request.target.find('?'));
  if (path.ends_with("/status")) path.resize(path.size() - 7);
  const auto query = read_query(request.target);
  if (request.method == "POST" || request.method == "PUT") return write(request, path, false);
  if (request.method == "PATCH") return write(request, path, true);
  if (request.method == "DELETE") return erase(request, path);
  if (!is_object_path(path)) return query.contains("watch") ? watch(path, query) : list(path, query);
  const auto at = objects_.find(path);
  return at == objects_.end() ? make_status(404, "NotFound", path + " not found") : make_json(at->second);
}

ServerResponse FakeApiServer::list(const std::string& collection, const std::map<std::string, std::string>& query) {
  const std::size_t limit = query.contains("limit") ? parse_number(query.at("limit")).value_or(0) : 0;
  std::size_t skip = 0;
  std::uint64_t version = version_;
  if (query.contains("continue")) {
    const auto token = split(query.at("continue"), '.');
    version = parse_number(token.at(0)).value_or(0);
    if (version < forgotten_) return make_status(410, "Expired", "the continue parameter is too old");
    skip = parse_number(token.at(1)).value_or(0);
  }
  json::array items;
  std::size_t position = 0;
  for (const auto& [path, object] : objects_) {
    if (!is_in(path, collection) || position++ < skip) continue;
    if (limit > 0 && items.size() == limit) {
      const std::string next = fmt::format("{}.{}", version, skip + limit);
      return make_json(json::object{{"metadata", {{"resourceVersion", std::to_string(version)}, {"continue", next}}},
                                    {"items", std::move(items)}});
    }
    items.push_back(object);
  }
  return make_json(
      json::object{{"metadata", {{"resourceVersion", std::to_string(version)}}}, {"items", std::move(items)}});
}

ServerResponse FakeApiServer::watch(const std::string& collection, const std::map<std::string, std::string>& query) {
  const std::uint64_t from = parse_number(query.at("resourceVersion")).value_or(0);
  ServerResponse response{.headers = {{"Content-Type", "application/json"}},
                          .framing = ServerResponse::Framing::chunked};
  const auto say = [&](std::string_view type, const json::value& object) {
    response.body += to_text(json::object{{"type", type}, {"object", object}}) + "\n";
  };
  if (from < forgotten_) {
    say("ERROR", json::object{{"kind", "Status"}, {"reason", "Expired"}, {"code", 410}, {"message", "too old"}});
    return response;
  }
  for (const auto& change : history_) {
    if (change.version > from && is_in(change.path, collection)) say(change.type, change.object);
  }
  // As the real one: from a version that was not reached yet, nothing is told.
  if (from <= version_) say("BOOKMARK", json::object{{"metadata", {{"resourceVersion", std::to_string(version_)}}}});
  return response;
}

ServerResponse FakeApiServer::write(const ServerRequest& request, const std::string& target, bool patch) {
  const json::value body = parse_json(request.body, "the request");
  const bool create = request.method == "POST";
  std::string path = target;
  if (create) path += "/" + std::string(body.at("metadata").at("name").as_string());
  const auto at = objects_.find(path);
  const bool apply = request.header("Content-Type") == "application/apply-patch+yaml";
  if (create && at != objects_.end()) return make_status(409, "AlreadyExists", path + " already exists");
  if (!create && !apply && at == objects_.end()) return make_status(404, "NotFound", path + " not found");
  const json::value* meta = body.as_object().if_contains("metadata");
  const json::value* wanted = meta != nullptr ? meta->as_object().if_contains("resourceVersion") : nullptr;
  if (!create && at != objects_.end() && wanted != nullptr &&
      *wanted != at->second.at("metadata").at("resourceVersion")) {
    return make_status(409, "Conflict", path + " has been modified");
  }
  json::value object = patch && at != objects_.end() ? at->second : json::value(json::object{});
  merge(object, body);
  if (!create && at != objects_.end()) {
    object.as_object()["metadata"].as_object()["uid"] = at->second.at("metadata").at("uid");
  }
  const bool existed = at != objects_.end();
  const json::value stored = store(path, object.as_object(), existed ? "MODIFIED" : "ADDED");
  const json::object& stored_meta = stored.at("metadata").as_object();
  const json::value* finalizers = stored_meta.if_contains("finalizers");
  const bool held = finalizers != nullptr && !finalizers->as_array().empty();
  if (stored_meta.contains("deletionTimestamp") && !held) drop(path);
  return make_json(stored, existed ? 200 : 201);
}

ServerResponse FakeApiServer::erase(const ServerRequest& request, const std::string& path) {
  const auto at = objects_.find(path);
  if (at == objects_.end()) return make_status(404, "NotFound", path + " not found");
  const json::value options = request.body.empty() ? json::value(json::object{}) : parse_json(request.body, "options");
  if (const json::value* preconditions = options.as_object().if_contains("preconditions")) {
    for (const char* what : {"uid", "resourceVersion"}) {
      const json::value* wanted = preconditions->as_object().if_contains(what);
      if (wanted != nullptr && *wanted != at->second.at("metadata").at(what)) {
        return make_status(409, "Conflict", "the precondition does not hold");
      }
    }
  }
  const json::value object = at->second;
  const json::value* finalizers = object.at("metadata").as_object().if_contains("finalizers");
  if (finalizers != nullptr && !finalizers->as_array().empty()) {
    json::object marked = object.as_object();
    marked["metadata"].as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    return make_json(store(path, std::move(marked), "MODIFIED"));
  }
  drop(path);
  return make_json(json::object{{"kind", "Status"}, {"status", "Success"}});
}

}  // namespace cairn::testing
