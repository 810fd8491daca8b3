// SPDX-License-Identifier: Apache-2.0
#include "k8s/client.h"

#include "core/random.h"
#include "core/reasons.h"
#include "k8s/api_json.h"
#include "k8s/reasons.h"
#include "k8s/request.h"
#include "k8s/transport.h"
#include "k8s/watch_stream.h"

#include <boost/json/monotonic_resource.hpp>
#include <fmt/core.h>

namespace cairn::k8s {
namespace {

std::string text_at(const json::value& document, std::string_view key) {
  const json::value* meta = document.is_object() ? document.get_object().if_contains("metadata") : nullptr;
  const json::value* value = meta != nullptr && meta->is_object() ? meta->get_object().if_contains(key) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string doing(std::string_view verb, const Kind& kind, const NamespacedName& key) {
  return fmt::format("{} {} {}", verb, kind.name, key.to_text());
}

// Watches end after a time of their own, so that they do not all come back together.
std::string watch_seconds() { return std::to_string(pick_random(240, 480)); }

// A server that breaks off in the middle of an answer or says too much.
bool is_too_large(const Error& error) { return error.is(cairn::reason::kTooLarge); }

std::string_view word_of(DeleteOptions::Propagation propagation) {
  switch (propagation) {
    case DeleteOptions::Propagation::foreground: return "Foreground";
    case DeleteOptions::Propagation::orphan: return "Orphan";
    default: return "Background";
  }
}

}  // namespace

struct Client::State {
  State(const Access& access, const Options& given, Clock& clock, Metrics& metrics)
      : transport(access, given, clock, metrics), options(given), name_space(access.name_space) {}

  json::value document(const Call& call, const std::stop_token& stop) {
    return parse_api_json(transport.text(call, stop), call.doing);
  }

  // One page of a list: its objects go to `each`; returns the head's metadata.
  struct Page {
    std::string version;
    std::string next;
  };
  Page page(const Kind& kind, const ListOptions& wanted, std::size_t limit, const std::string& next,
            const std::function<void(const json::value&)>& each, const std::stop_token& stop);

  Transport transport;
  Options options;
  std::string name_space;
};

Client::Client(const Access& access, Options options, Clock& clock, Metrics& metrics)
    : state_(std::make_unique<State>(access, std::move(options), clock, metrics)) {}
Client::~Client() = default;

const std::string& Client::name_space() const { return state_->name_space; }

json::value Client::get(const Kind& kind, const NamespacedName& key, const std::stop_token& stop) {
  return state_->document({.target = object_path(kind, key, ""), .doing = doing("get", kind, key)}, stop);
}

std::optional<json::value> Client::find(const Kind& kind, const NamespacedName& key, const std::stop_token& stop) {
  try {
    return get(kind, key, stop);
  } catch (const Error& error) {  // recovers an object that is not there
    if (!error.is(reason::kNotFound)) throw;
    return std::nullopt;
  }
}

Client::State::Page Client::State::page(const Kind& kind, const ListOptions& wanted, std::size_t limit,
                                        const std::string& next, const std::function<void(const json::value&)>& each,
                                        const std::stop_token& stop) {
  const std::string what = "list " + kind.name;
  const std::string target =
      collection_path(kind, wanted.name_space) + query_text({{"labelSelector", wanted.labels},
                                                             {"fieldSelector", wanted.fields},
                                                             {"limit", limit == 0 ? "" : std::to_string(limit)},
                                                             {"continue", next}});
  const std::string text = transport.text({.target = target, .doing = what}, stop);
  boost::json::monotonic_resource arena(2 * text.size() + 4096);
  const json::value list = parse_api_json(text, what, &arena);
  const json::value* items = list.is_object() ? list.get_object().if_contains("items") : nullptr;
  Page read{.version = text_at(list, "resourceVersion"), .next = text_at(list, "continue")};
  if (items == nullptr || read.version.empty()) throw Error(reason::kBadAnswer, "{}: the answer is no list", what);
  if (items->is_null()) return read;
  if (!items->is_array()) throw Error(reason::kBadAnswer, "{}: the answer's items are no list", what);
  for (const auto& item : items->get_array()) each(item);
  return read;
}

ListEnd Client::list(const Kind& kind, const ListOptions& options, const std::function<void(const json::value&)>& each,
                     const std::function<void()>& restart, const std::stop_token& stop) {
  std::size_t limit = options.page;
  std::string next;
  while (true) {
    try {
      State::Page page = state_->page(kind, options, limit, next, each, stop);
      if (page.next.empty()) return {std::move(page.version)};
      next = std::move(page.next);
      continue;
    } catch (const Error& error) {  // recovers a list whose version was forgotten, and pages of very large objects
      const bool forgotten = error.is(reason::kExpired) && !next.empty();
      if (!forgotten && !(is_too_large(error) && limit > 1)) throw;
      limit = forgotten ? 0 : limit / 10 + 1;
    }
    next.clear();
    restart();
  }
}

std::string Client::get_version(const Kind& kind, const ListOptions& options, const std::stop_token& stop) {
  return state_
      ->page(
          kind, options, 1, "", [](const json::value&) {}, stop)
      .version;
}

std::unique_ptr<WatchStream> Client::watch(const Kind& kind, const ListOptions& options,
                                           std::string_view resource_version, const std::stop_token& stop) {
  const std::string target =
      collection_path(kind, options.name_space) + query_text({{"watch", "true"},
                                                              {"allowWatchBookmarks", "true"},
                                                              {"resourceVersion", std::string(resource_version)},
                                                              {"timeoutSeconds", watch_seconds()},
                                                              {"labelSelector", options.labels},
                                                              {"fieldSelector", options.fields}});
  std::string what = "watch " + kind.name;
  net::HttpResponse response = state_->transport.send({.target = target, .doing = what, .streams = true}, stop);
  return std::make_unique<WatchStream>(std::move(response.body), std::move(what));
}

json::value Client::create(const Kind& kind, const json::value& document, const std::stop_token& stop) {
  const NamespacedName key = key_of(document, kind);
  const std::string target =
      collection_path(kind, key.name_space) + query_text({{"fieldManager", state_->options.field_manager}});
  return state_->document({.method = "POST",
                           .target = target,
                           .body = to_text(document),
                           .doing = doing("create", kind, key),
                           .reads = false},
                          stop);
}

json::value Client::update(const Kind& kind, const json::value& document, SubResource part,
                           const std::stop_token& stop) {
  const NamespacedName key = key_of(document, kind);
  const std::string target =
      object_path(kind, key, part) + query_text({{"fieldManager", state_->options.field_manager}});
  return state_->document({.method = "PUT",
                           .target = target,
                           .body = to_text(document),
                           .doing = doing("update", kind, key),
                           .reads = false},
                          stop);
}

json::value Client::patch(const Kind& kind, const NamespacedName& key, PatchType type, const json::value& patch,
                          SubResource part, const std::stop_token& stop) {
  const std::string target =
      object_path(kind, key, part) + query_text({{"fieldManager", state_->options.field_manager}});
  const bool merge = type == PatchType::merge;
  return state_->document({.method = "PATCH",
                           .target = target,
                           .body = to_text(patch),
                           .content_type = merge ? "application/merge-patch+json" : "application/json-patch+json",
                           .doing = doing("patch", kind, key),
                           .reads = false},
                          stop);
}

json::value Client::apply(const Kind& kind, const json::value& document, SubResource part,
                          const std::stop_token& stop) {
  const NamespacedName key = key_of(document, kind);
  const std::string target =
      object_path(kind, key, part) + query_text({{"fieldManager", state_->options.field_manager}, {"force", "false"}});
  return state_->document({.method = "PATCH",
                           .target = target,
                           .body = to_text(document),
                           .content_type = "application/apply-patch+yaml",
                           .doing = doing("apply", kind, key),
                           .reads = false},
                          stop);
}

bool Client::remove(const Kind& kind, const NamespacedName& key, const DeleteOptions& options,
                    const std::stop_token& stop) {
  json::object body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
  body["propagationPolicy"] = word_of(options.propagation);
  json::object preconditions;
  if (!options.uid.empty()) preconditions["uid"] = options.uid;
  if (!options.resource_version.empty()) preconditions["resourceVersion"] = options.resource_version;
  if (!preconditions.empty()) body["preconditions"] = std::move(preconditions);
  try {
    state_->transport.text({.method = "DELETE",
                            .target = object_path(kind, key, ""),
                            .body = to_text(body),
                            .doing = doing("delete", kind, key),
                            .reads = false},
                           stop);
    return true;
  } catch (const Error& error) {  // recovers an object that is gone already
    if (!error.is(reason::kNotFound)) throw;
    return false;
  }
}

json::value Client::call(std::string_view method, const std::string& target, const std::optional<json::value>& body,
                         const std::stop_token& stop) {
  return state_->document({.method = std::string(method),
                           .target = target,
                           .body = body ? to_text(*body) : "",
                           .doing = fmt::format("{} {}", method, target),
                           .reads = method == "GET"},
                          stop);
}

}  // namespace cairn::k8s
