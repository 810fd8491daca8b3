// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/json.h"
#include "k8s/access.h"
#include "k8s/metrics.h"
#include "net/http_client.h"
#include "object/kind.h"
#include "object/selector.h"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace cairn::k8s {

using object::Kind;
using object::NamespacedName;

struct ListOptions {
  std::string name_space = {};  // empty: all
  std::string labels = {};      // a selector's text
  std::string fields = {};      // "metadata.name=x"
  std::size_t page = 500;       // objects an answer; 0: all in one
};

// Where a list stands: from here a watch goes on.
struct ListEnd {
  std::string resource_version;
};

enum class PatchType { merge, json };

struct DeleteOptions {
  std::string uid = {};               // only this very object
  std::string resource_version = {};  // only in this version
  enum class Propagation { background, foreground, orphan } propagation = Propagation::background;
};

// A sub-resource that is read and written apart: "status", "scale"; empty: the object.
using SubResource = std::string_view;

class WatchStream;

// A client of one API server: objects as JSON documents, and typed by templates below. Blocking; thread-safe.
// Methods throw Errors of k8s/reasons.h by what the API server says (kNotFound, kConflict, ...), and those of net below
// HTTP. Answers 429, and 5xx to requests that only read, are repeated by the client with jitter, honouring Retry-After;
// all else is for the caller: a reconcile that runs again.
class Client {
 public:
  struct Options {
    std::string user_agent = "cairn";
    std::string field_manager = "cairn";  // who owns the fields that are written
    milliseconds call_timeout{30'000};    // to the first byte of an answer, and between two
    milliseconds watch_idle{100'000};     // a watch without a byte is dead: bookmarks come each minute
    net::RetryPolicy retries = {};
    std::function<std::optional<std::string>(const std::string&)> environment = {};  // of proxies; null: the process's
  };

  // `clock` and `metrics` outlive the client.
  Client(const Access& access, Options options, Clock& clock, Metrics& metrics);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const std::string& name_space() const;  // of the Access

  json::value get(const Kind& kind, const NamespacedName& key, const std::stop_token& stop = {});
  std::optional<json::value> find(const Kind& kind, const NamespacedName& key, const std::stop_token& stop = {});
  // Calls `each` for every object, page by page; a document lives for the call only. If the API server forgets the
  // list's version in the middle (410), `restart` is called and the list begins anew, in one piece.
  ListEnd list(const Kind& kind, const ListOptions& options, const std::function<void(const json::value&)>& each,
               const std::function<void()>& restart, const std::stop_token& stop = {});
  // The version at which a list would stand now; costs one object.
  std::string get_version(const Kind& kind, const ListOptions& options, const std::stop_token& stop = {});
  // From just after `resource_version`. Ends by itself after some minutes.
  std::unique_ptr<WatchStream> watch(const Kind& kind, const ListOptions& options, std::string_view resource_version,
                                     const std::stop_token& stop = {});

  // Documents carry their name and namespace. The answer is the object as it is now.
  json::value create(const Kind& kind, const json::value& document, const std::stop_token& stop = {});
  // Replaces; throws kConflict if metadata.resourceVersion is there and not the last.
  json::value update(const Kind& kind, const json::value& document, SubResource part = {},
                     const std::stop_token& stop = {});
  json::value patch(const Kind& kind, const NamespacedName& key, PatchType type, const json::value& patch,
                    SubResource part = {}, const std::stop_token& stop = {});
  // Server-side apply: the fields of `document`, and only these, are ours from now on. Never forced: throws kConflict
  // where somebody else owns one with another value.
  json::value apply(const Kind& kind, const json::value& document, SubResource part = {},
                    const std::stop_token& stop = {});
  // False if it was not there.
  bool remove(const Kind& kind, const NamespacedName& key, const DeleteOptions& options = {},
              const std::stop_token& stop = {});

  // Any request of the API, such as a discovery document or a TokenRequest.
  json::value call(std::string_view method, const std::string& target, const std::optional<json::value>& body,
                   const std::stop_token& stop = {});

  template <object::Resource T>
  T get(const NamespacedName& key, const std::stop_token& stop = {}) {
    return object::decode_object<T>(get(T::kind(), key, stop));
  }
  template <object::Resource T>
  std::optional<T> find(const NamespacedName& key, const std::stop_token& stop = {}) {
    const auto document = find(T::kind(), key, stop);
    return document ? std::optional(object::decode_object<T>(*document)) : std::nullopt;
  }
  template <object::Resource T>
  T create(const T& object, const std::stop_token& stop = {}) {
    return object::decode_object<T>(create(T::kind(), object::encode_object(object), stop));
  }
  template <object::Resource T>
  T update(const T& object, SubResource part = {}, const std::stop_token& stop = {}) {
    return object::decode_object<T>(update(T::kind(), object::encode_object(object), part, stop));
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::k8s
