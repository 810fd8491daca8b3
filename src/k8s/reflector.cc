// SPDX-License-Identifier: Apache-2.0
#include "k8s/reflector.h"

#include "core/log.h"
#include "core/reasons.h"
#include "k8s/reasons.h"
#include "k8s/watch_stream.h"
#include "net/reasons.h"
#include "net/retry.h"

namespace cairn::k8s {
namespace {

const net::RetryPolicy kPauses{.first = milliseconds(800), .most = milliseconds(30'000)};
constexpr std::chrono::seconds kShortWatch{1};  // a server that ends watches at once must not be asked without pause

}  // namespace

Reflector::Reflector(Client& client, const Kind& kind, ListOptions options, ObjectSink& sink, Clock& clock,
                     Metrics& metrics)
    : client_(client),
      kind_(kind),
      options_(std::move(options)),
      sink_(sink),
      clock_(clock),
      metrics_(metrics),
      heard_(clock.steady()) {}

void Reflector::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      if (version_.empty()) {
        list(stop);
      } else if (!std::exchange(fresh_, false)) {
        resume(stop);
      }
      if (!version_.empty()) follow(stop);
    } catch (const Error& error) {  // recovers all but the stop: what a reflector is for
      if (stop.stop_requested()) return;
      note_failure(error, std::exchange(following_, false));
    }
    wait(stop);
  }
}

void Reflector::wait(const std::stop_token& stop) {
  if (failures_ == 0 || std::exchange(at_once_, false)) return;
  try {
    clock_.sleep(net::make_pause(kPauses, failures_, std::nullopt), stop);
  } catch (const Error&) {  // recovers nothing: the stop ends the loop
  }
}

void Reflector::list(const std::stop_token& stop) {
  metrics_.add("reflector_lists_total", "Total number of API lists done by the reflectors", {{"name", kind_.name}});
  sink_.begin_list();
  ListEnd end = client_.list(
      kind_, options_, [&](const json::value& item) { sink_.list_item(item); }, [&] { sink_.begin_list(); }, stop);
  sink_.end_list();
  version_ = std::move(end.resource_version);
  fresh_ = true;
  synced_ = true;
  heard_ = clock_.steady();
}

// A server whose data was restored has not reached our version, and a watch from there would be silent until it does.
void Reflector::resume(const std::stop_token& stop) {
  const std::string now = client_.get_version(kind_, options_, stop);
  if (!is_older(now, version_)) return;
  log::warning("the API server's history went back; listing anew",
               {{"kind", kind_.name}, {"had", version_}, {"has", now}});
  version_.clear();
}

void Reflector::follow(const std::stop_token& stop) {
  metrics_.add("reflector_watches_total", "Total number of API watches done by the reflectors", {{"name", kind_.name}});
  const auto begin = clock_.steady();
  const auto stream = client_.watch(kind_, options_, version_, stop);
  following_ = true;
  while (auto event = stream->next()) {
    if (event->type == ChangeType::deleted) {
      sink_.removed(event->object);
    } else if (event->type != ChangeType::bookmark) {
      sink_.changed(event->object);
    }
    version_ = std::move(event->resource_version);
    heard_ = clock_.steady();
    failures_ = 0;
  }
  following_ = false;
  heard_ = clock_.steady();
  failures_ = clock_.steady() - begin < kShortWatch ? failures_ + 1 : 0;
}

// A stream that was cut goes on where it was; whatever else failed may mean a server that was away.
bool Reflector::may_resume(const Error& error) const {
  return error.is(net::reason::kConnectionLost) || error.is(cairn::reason::kTimedOut) ||
         error.is(net::reason::kHttpProtocol);
}

void Reflector::note_failure(const Error& error, bool followed) {
  const bool resumes = followed && may_resume(error) && !version_.empty();
  if (!resumes) version_.clear();
  // A first cut, or a forgotten version, is the course of things.
  at_once_ = failures_ == 0 && (resumes || error.is(reason::kExpired));
  failures_ += 1;
  log::write(failures_ == 1 ? log::Level::debug : log::Level::warning, "watching failed",
             {{"kind", kind_.name}, {"error", error.what()}, {"failures", failures_}});
}

}  // namespace cairn::k8s
