// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "k8s/metrics.h"
#include "object/meta.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

namespace cairn::k8s {

using object::NamespacedName;

// How fast keys that fail come back: each doubles from `first` to `most`, and all together not faster than `rate` a
// second once `burst` is used up.
struct RetryRate {
  milliseconds first{5};
  milliseconds most{1'000'000};
  double rate = 10;
  double burst = 100;
};

// Keys that wait for a worker. A key waits once, however often it is added, and is never with two workers: one that is
// added while it is worked on waits until done(). Thread-safe.
class WorkQueue {
 public:
  // What is told while nothing happens (a first list) must not delay what is new.
  enum class Urgency { background, normal };

  // `clock` and `metrics` outlive the queue; `name` labels its metrics.
  WorkQueue(std::string name, const RetryRate& rate, Clock& clock, Metrics& metrics);

  void add(const NamespacedName& key, Urgency urgency = Urgency::normal);
  // After at least `delay`; the earliest wish for a key counts.
  void add_after(const NamespacedName& key, milliseconds delay);
  // After a failure.
  void add_failed(const NamespacedName& key);
  // After a success: the next failure of the key begins at `first` again.
  void forget(const NamespacedName& key);

  // Waits for a key; nothing when stop is requested. Give it back with done().
  std::optional<NamespacedName> take(const std::stop_token& stop);
  // Does not wait.
  std::optional<NamespacedName> try_take();
  void done(const NamespacedName& key);

  std::size_t waiting() const;  // without those that are delayed
  // How many times the key failed in a row.
  int failures(const NamespacedName& key) const;

 private:
  struct Waiting {
    Urgency urgency;
    Clock::Steady since;
  };

  void add_locked(const NamespacedName& key, Urgency urgency);
  void enqueue(const NamespacedName& key, Urgency urgency);
  void wake_delayed();
  std::optional<NamespacedName> pop();
  milliseconds next_delay(const NamespacedName& key);
  void tell_depth();
  void tell_running();

  const std::string name_;
  const RetryRate rate_;
  Clock& clock_;
  Metrics& metrics_;
  const MetricLabels labels_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<NamespacedName, Waiting> dirty_;             // to be worked on, each once
  std::map<NamespacedName, Clock::Steady> processing_;  // with a worker, since when
  std::deque<NamespacedName> urgent_;                   // order of dirty_; a key that was promoted is in both
  std::deque<NamespacedName> background_;
  std::map<NamespacedName, Clock::Steady> delayed_;              // when they become dirty
  std::set<std::pair<Clock::Steady, NamespacedName>> schedule_;  // the same by time
  std::map<NamespacedName, int> failures_;
  double tokens_;
  Clock::Steady refilled_;
  std::shared_ptr<void> refresh_;
};

}  // namespace cairn::k8s
