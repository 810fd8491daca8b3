// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/client.h"

#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <thread>

namespace cairn::k8s {

enum class EventType { normal, warning };

// The object that an Event is about.
template <object::Resource T>
object::ObjectReference make_reference(const T& object) {
  return {.api_version = T::kind().api_version(),
          .kind = T::kind().name,
          .name_space = object.metadata.name_space,
          .name = object.metadata.name,
          .uid = object.metadata.uid,
          .unknown = {}};
}

// Tells people what happened to objects, as Kubernetes Events (core/v1). Never blocks and never fails its caller: a
// thread sends; what is the same as before (object, type, reason, message) is counted on the Event that is there, and
// an object that has too much to say is cut short (25 at once, then one in 5 minutes).
class EventRecorder {
 public:
  // `component` is who tells. Client, clock and metrics outlive it.
  EventRecorder(Client& client, std::string component, Clock& clock, Metrics& metrics);
  // Sends what waits for a second at most.
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  // `reason` is one CamelCase word.
  void record(const object::ObjectReference& about, EventType type, std::string reason, std::string message);

 private:
  struct Item {
    object::ObjectReference about;
    EventType type;
    std::string reason;
    std::string message;
    object::Time at;
  };
  struct Sent {
    std::string key;
    NamespacedName name;
    std::int64_t count = 0;
  };
  struct Budget {
    double tokens = 25;
    Clock::Steady refilled;
  };

  void run(const std::stop_token& stop);
  void send(const Item& item, const std::stop_token& stop);
  void create(const Item& item, const std::string& key, const std::stop_token& stop);
  bool may_tell(const object::ObjectReference& about);
  void remember(Sent sent);
  void drop(std::string_view why);

  Client& client_;
  const std::string component_;
  Clock& clock_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Item> waiting_;
  std::map<std::string, Budget> budgets_;  // by uid
  // Only the thread's: how many were made, and what was sent, newest first.
  std::int64_t made_ = 0;
  std::list<Sent> sent_;
  std::map<std::string, std::list<Sent>::iterator> by_key_;
  std::jthread thread_;
};

}  // namespace cairn::k8s
