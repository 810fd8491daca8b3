// SPDX-License-Identifier: Apache-2.0
#include "k8s/work_queue.h"

#include <algorithm>

namespace cairn::k8s {
namespace {

double seconds(Clock::Steady::duration span) { return std::chrono::duration<double>(span).count(); }

const std::vector<double>& bounds() {
  static const std::vector<double> kBounds{1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000};
  return kBounds;
}

}  // namespace

WorkQueue::WorkQueue(std::string name, const RetryRate& rate, Clock& clock, Metrics& metrics)
    : name_(std::move(name)),
      rate_(rate),
      clock_(clock),
      metrics_(metrics),
      labels_{{"name", name_}, {"controller", name_}},
      tokens_(rate.burst),
      refilled_(clock.steady()),
      refresh_(metrics.before_reading([this] { tell_running(); })) {
  tell_depth();
}

void WorkQueue::add(const NamespacedName& key, Urgency urgency) {
  const std::scoped_lock lock(mutex_);
  add_locked(key, urgency);
}

void WorkQueue::add_locked(const NamespacedName& key, Urgency urgency) {
  const auto at = dirty_.find(key);
  const bool busy = processing_.contains(key);
  if (at == dirty_.end()) {
    metrics_.add("workqueue_adds_total", "Total number of adds handled by workqueue", labels_);
    dirty_.emplace(key, Waiting{urgency, clock_.steady()});
    if (!busy) enqueue(key, urgency);
  } else if (at->second.urgency < urgency) {
    at->second.urgency = urgency;
    if (!busy) enqueue(key, urgency);  // its older place is skipped
  }
  tell_depth();
}

void WorkQueue::enqueue(const NamespacedName& key, Urgency urgency) {
  (urgency == Urgency::normal ? urgent_ : background_).push_back(key);
  changed_.notify_one();
}

void WorkQueue::add_after(const NamespacedName& key, milliseconds delay) {
  const std::scoped_lock lock(mutex_);
  if (delay.count() <= 0) return add_locked(key, Urgency::normal);
  const Clock::Steady due = clock_.steady() + delay;
  const auto at = delayed_.find(key);
  if (at != delayed_.end()) {
    if (at->second <= due) return;
    schedule_.erase({at->second, key});
  }
  delayed_[key] = due;
  schedule_.emplace(due, key);
  changed_.notify_all();
}

void WorkQueue::add_failed(const NamespacedName& key) {
  milliseconds delay{0};
  {
    const std::scoped_lock lock(mutex_);
    delay = next_delay(key);
  }
  metrics_.add("workqueue_retries_total", "Total number of retries handled by workqueue", labels_);
  add_after(key, delay);
}

// The later of the key's own delay and the turn that the common bucket gives.
milliseconds WorkQueue::next_delay(const NamespacedName& key) {
  int& count = failures_[key];
  milliseconds own = rate_.first;
  for (int i = 0; i < count && own < rate_.most; ++i) own = std::min(own * 2, rate_.most);
  ++count;
  const Clock::Steady now = clock_.steady();
  tokens_ = std::min(rate_.burst, tokens_ + seconds(now - refilled_) * rate_.rate);
  refilled_ = now;
  tokens_ -= 1;
  const double turn = tokens_ >= 0 ? 0 : -tokens_ / rate_.rate;
  return std::max(own, std::chrono::ceil<milliseconds>(std::chrono::duration<double>(turn)));
}

void WorkQueue::forget(const NamespacedName& key) {
  const std::scoped_lock lock(mutex_);
  failures_.erase(key);
}

void WorkQueue::wake_delayed() {
  while (!schedule_.empty() && schedule_.begin()->first <= clock_.steady()) {
    const NamespacedName key = schedule_.begin()->second;
    schedule_.erase(schedule_.begin());
    delayed_.erase(key);
    add_locked(key, Urgency::normal);
  }
}

std::optional<NamespacedName> WorkQueue::pop() {
  for (auto [queue, urgency] : {std::pair(&urgent_, Urgency::normal), std::pair(&background_, Urgency::background)}) {
    while (!queue->empty()) {
      const NamespacedName key = std::move(queue->front());
      queue->pop_front();
      const auto at = dirty_.find(key);
      // A place that is left behind: the key was promoted, and perhaps taken since.
      if (at == dirty_.end() || at->second.urgency != urgency || processing_.contains(key)) continue;
      const Clock::Steady now = clock_.steady();
      metrics_.observe("workqueue_queue_duration_seconds",
                       "How long in seconds an item stays in workqueue before being requested", labels_, bounds(),
                       seconds(now - at->second.since));
      dirty_.erase(at);
      processing_.emplace(key, now);
      tell_depth();
      return key;
    }
  }
  return std::nullopt;
}

std::optional<NamespacedName> WorkQueue::try_take() {
  const std::scoped_lock lock(mutex_);
  wake_delayed();
  return pop();
}

std::optional<NamespacedName> WorkQueue::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_delayed();
    if (auto key = pop()) return key;
    const auto changed = [&] { return !urgent_.empty() || !background_.empty(); };
    if (schedule_.empty()) {
      changed_.wait(lock, stop, [&] { return changed() || !schedule_.empty(); });
    } else {
      const Clock::Steady due = schedule_.begin()->first;
      changed_.wait_for(lock, stop, due - clock_.steady(),
                        [&] { return changed() || (!schedule_.empty() && schedule_.begin()->first < due); });
    }
  }
  return std::nullopt;
}

void WorkQueue::done(const NamespacedName& key) {
  const std::scoped_lock lock(mutex_);
  const auto at = processing_.find(key);
  if (at == processing_.end()) return;
  metrics_.observe("workqueue_work_duration_seconds", "How long in seconds processing an item from workqueue takes.",
                   labels_, bounds(), seconds(clock_.steady() - at->second));
  processing_.erase(at);
  if (const auto again = dirty_.find(key); again != dirty_.end()) enqueue(key, again->second.urgency);
}

std::size_t WorkQueue::waiting() const {
  const std::scoped_lock lock(mutex_);
  return dirty_.size();
}

int WorkQueue::failures(const NamespacedName& key) const {
  const std::scoped_lock lock(mutex_);
  const auto at = failures_.find(key);
  return at == failures_.end() ? 0 : at->second;
}

void WorkQueue::tell_depth() {
  metrics_.set("workqueue_depth", "Current depth of workqueue", labels_, static_cast<double>(dirty_.size()));
}

void WorkQueue::tell_running() {
  double total = 0;
  double longest = 0;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, since] : processing_) {
      const double span = seconds(clock_.steady() - since);
      total += span;
      longest = std::max(longest, span);
    }
  }
  metrics_.set("workqueue_unfinished_work_seconds",
               "How many seconds of work has been done that is in progress and hasn't been observed by work_duration.",
               labels_, total);
  metrics_.set("workqueue_longest_running_processor_seconds",
               "How many seconds has the longest running processor for workqueue been running.", labels_, longest);
}

}  // namespace cairn::k8s
