// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/informer.h"
#include "k8s/work_queue.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cairn::k8s {

// What a reconcile says when it did not fail: whether to come back although nothing changed.
struct Result {
  std::optional<milliseconds> again_after = std::nullopt;
};

// Brings the world to what the object of this key wants, whatever happened before: it is called with keys, not with
// changes, may be called again at any time, and never twice at once for one key. An Error comes back after a while, by
// its kind: see Controller.
using Reconcile = std::function<Result(const NamespacedName& key, const std::stop_token& stop)>;

struct ControllerOptions {
  std::size_t workers = 1;
  RetryRate retry = {};
  // Errors that only a change of the object can cure (invalid, unsupported, corrupt) are told once and tried again only
  // so often, in case the cure came from elsewhere.
  milliseconds hopeless_retry{600'000};
};

// A queue of keys and the threads that reconcile them.
class Controller {
 public:
  // `clock` and `metrics` outlive it.
  Controller(std::string name, Reconcile reconcile, const ControllerOptions& options, Clock& clock, Metrics& metrics);

  const std::string& name() const { return name_; }
  WorkQueue& queue() { return queue_; }

  // Keys of this controller that a change of an object concerns.
  template <Record T>
  using Mapper = std::function<std::vector<NamespacedName>(const T&)>;
  // Whether a change is worth a reconcile.
  template <Record T>
  using Predicate = std::function<bool(const typename Store<T>::Change&)>;

  // Queues what the mapper says of an object before and after each change. Before the informer runs.
  template <Record T>
  void watch(Informer<T>& informer, Mapper<T> mapper, Predicate<T> predicate = {}) {
    informer.store().add_handler(
        [this, mapper = std::move(mapper), predicate = std::move(predicate)](const typename Store<T>::Change& change) {
          if (predicate && !predicate(change)) return;
          const auto urgency = change.initial ? WorkQueue::Urgency::background : WorkQueue::Urgency::normal;
          for (const auto& object : {change.before, change.after}) {
            if (!object) continue;
            for (const auto& key : mapper(*object)) queue_.add(key, urgency);
          }
        });
  }
  // The objects themselves.
  template <Record T>
  void watch(Informer<T>& informer, Predicate<T> predicate = {}) {
    watch<T>(
        informer, [](const T& object) { return std::vector{object.metadata.key()}; }, std::move(predicate));
  }

  // Works until stop is requested and each worker has ended its reconcile.
  void run(const std::stop_token& stop);
  // Takes one key, if one waits, and reconciles it; for tests and drivers without threads.
  bool run_one(const std::stop_token& stop = {});

 private:
  void work(const NamespacedName& key, const std::stop_token& stop);
  std::string reconcile(const NamespacedName& key, const std::stop_token& stop);
  std::string fail(const NamespacedName& key, const Error& error, const std::stop_token& stop);

  const std::string name_;
  const Reconcile reconcile_;
  const ControllerOptions options_;
  Clock& clock_;
  Metrics& metrics_;
  WorkQueue queue_;
  std::atomic<std::size_t> active_ = 0;
};

// A predicate: the specification changed, or what is not counted by it (labels, annotations are): no reconcile for
// status writes, which are mostly our own.
template <Record T>
bool changes_more_than_status(const typename Store<T>::Change& change) {
  if (!change.before || !change.after) return true;
  const auto& a = change.before->metadata;
  const auto& b = change.after->metadata;
  if (a.generation != b.generation || a.deletion_timestamp != b.deletion_timestamp || a.labels != b.labels ||
      a.finalizers != b.finalizers) {
    return true;
  }
  if constexpr (requires { a.annotations; }) return a.annotations != b.annotations;
  return false;
}

// A mapper: the controlling owner of this kind.
template <Record T>
Controller::Mapper<T> map_to_controller(const Kind& kind) {
  return [api_version = kind.api_version(), name = kind.name](const T& object) -> std::vector<NamespacedName> {
    const object::OwnerReference* owner = object::find_controller(object.metadata);
    if (owner == nullptr || owner->kind != name || owner->api_version != api_version) return {};
    return {{object.metadata.name_space, owner->name}};
  };
}

}  // namespace cairn::k8s
