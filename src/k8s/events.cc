// SPDX-License-Identifier: Apache-2.0
#include "k8s/events.h"

#include "core/log.h"
#include "core/text.h"
#include "k8s/reasons.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::k8s {
namespace {

constexpr std::size_t kMostWaiting = 1000;
constexpr std::size_t kMostRemembered = 4096;
constexpr std::size_t kMostMessage = 1024;  // the API server's bound
constexpr double kBurst = 25;
constexpr double kPerSecond = 1.0 / 300;
constexpr std::chrono::seconds kLastWords{1};

const Kind& event_kind() {
  static const Kind kind{.group = "", .version = "v1", .name = "Event", .plural = "events"};
  return kind;
}

// Of cluster-wide objects Events lie in "default".
std::string space_of(const object::ObjectReference& about) {
  return about.name_space.empty() ? "default" : about.name_space;
}

std::string_view word_of(EventType type) { return type == EventType::normal ? "Normal" : "Warning"; }

std::string cut(const std::string& message) {
  if (message.size() <= kMostMessage) return message;
  std::size_t end = kMostMessage - 3;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;  // not within a character
  return message.substr(0, end) + "...";
}

}  // namespace

EventRecorder::EventRecorder(Client& client, std::string component, Clock& clock, Metrics& metrics)
    : client_(client),
      component_(std::move(component)),
      clock_(clock),
      metrics_(metrics),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventRecorder::~EventRecorder() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLastWords, [&] { return waiting_.empty(); });
  }
  thread_.request_stop();
}

void EventRecorder::drop(std::string_view why) {
  metrics_.add("cairn_events_dropped_total", "Events that were not sent, by cause", {{"cause", std::string(why)}});
}

void EventRecorder::record(const object::ObjectReference& about, EventType type, std::string reason,
                           std::string message) {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= kMostWaiting) return drop("queue full");
  if (!may_tell(about)) return drop("object says too much");
  waiting_.push_back({about, type, std::move(reason), cut(message), object::Time(clock_.wall())});
  changed_.notify_all();
}

bool EventRecorder::may_tell(const object::ObjectReference& about) {
  if (budgets_.size() >= kMostRemembered) {
    const auto now = clock_.steady();
    std::erase_if(budgets_, [&](const auto& entry) {
      return std::chrono::duration<double>(now - entry.second.refilled).count() * kPerSecond >= kBurst;
    });
    if (budgets_.size() >= kMostRemembered) budgets_.erase(budgets_.begin());
  }
  Budget& budget = budgets_.try_emplace(about.uid, Budget{kBurst, clock_.steady()}).first->second;
  const auto now = clock_.steady();
  const double earned = std::chrono::duration<double>(now - budget.refilled).count() * kPerSecond;
  budget.tokens = std::min(kBurst, budget.tokens + earned);
  budget.refilled = now;
  if (budget.tokens < 1) return false;
  budget.tokens -= 1;
  return true;
}

void EventRecorder::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
    if (stop.stop_requested()) return;
    const Item item = waiting_.front();
    lock.unlock();
    try {
      send(item, stop);
    } catch (const Error& error) {  // recovers nothing: an Event is told or not
      drop("server refused");
      log::debug("an Event was not sent", {{"object", item.about.key().to_text()}, {"error", error.what()}});
    }
    lock.lock();
    waiting_.pop_front();
    changed_.notify_all();
  }
}

void EventRecorder::send(const Item& item, const std::stop_token& stop) {
  const std::string key = fmt::format("{}\n{}\n{}\n{}", item.about.uid, word_of(item.type), item.reason, item.message);
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return create(item, key, stop);
  Sent again = *at->second;
  ++again.count;
  try {
    client_.patch(event_kind(), again.name, PatchType::merge,
                  json::object{{"count", again.count}, {"lastTimestamp", to_text(item.at)}}, {}, stop);
    remember(std::move(again));
  } catch (const Error& error) {  // recovers an Event that was old enough to be removed
    if (!error.is(reason::kNotFound)) throw;
    create(item, key, stop);
  }
}

void EventRecorder::create(const Item& item, const std::string& key, const std::stop_token& stop) {
  const std::string space = space_of(item.about);
  const auto unique = clock_.wall().time_since_epoch().count() + made_++;
  const std::string name = fmt::format("{}.{:x}", item.about.name.substr(0, 200), unique);
  const std::string time = to_text(item.at);
  const json::value event = json::object{
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", {{"name", name}, {"namespace", space}}},
      {"involvedObject", object::encode(item.about)},
      {"type", word_of(item.type)},
      {"reason", item.reason},
      {"message", item.message},
      {"source", {{"component", component_}}},
      {"firstTimestamp", time},
      {"lastTimestamp", time},
      {"count", 1},
  };
  client_.create(event_kind(), event, stop);
  remember({key, {space, name}, 1});
}

void EventRecorder::remember(Sent sent) {
  if (const auto at = by_key_.find(sent.key); at != by_key_.end()) {
    sent_.erase(at->second);
    by_key_.erase(at);
  }
  if (sent_.size() >= kMostRemembered) {
    by_key_.erase(sent_.back().key);
    sent_.pop_back();
  }
  sent_.push_front(std::move(sent));
  by_key_.emplace(sent_.front().key, sent_.begin());
}

}  // namespace cairn::k8s
