// SPDX-License-Identifier: Apache-2.0
#include "k8s/controller.h"

#include "core/log.h"
#include "core/reasons.h"

#include <thread>

namespace cairn::k8s {
namespace {

// Whether to try again soon can help.
bool is_hopeless(const Error& error) {
  return error.kind() == ErrorKind::invalid || error.kind() == ErrorKind::unsupported ||
         error.kind() == ErrorKind::corrupt;
}

}  // namespace

Controller::Controller(std::string name, Reconcile reconcile, const ControllerOptions& options, Clock& clock,
                       Metrics& metrics)
    : name_(std::move(name)),
      reconcile_(std::move(reconcile)),
      options_(options),
      clock_(clock),
      metrics_(metrics),
      queue_(name_, options.retry, clock, metrics) {
  metrics_.set("controller_runtime_max_concurrent_reconciles", "Maximum number of concurrent reconciles per controller",
               {{"controller", name_}}, static_cast<double>(options_.workers));
}

void Controller::run(const std::stop_token& stop) {
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < options_.workers; ++i) {
    workers.emplace_back([this, &stop] {
      while (auto key = queue_.take(stop)) work(*key, stop);
    });
  }
}

bool Controller::run_one(const std::stop_token& stop) {
  const auto key = queue_.try_take();
  if (key) work(*key, stop);
  return key.has_value();
}

void Controller::work(const NamespacedName& key, const std::stop_token& stop) {
  const MetricLabels labels{{"controller", name_}};
  const auto tell_active = [&](std::size_t active) {
    metrics_.set("controller_runtime_active_workers", "Number of currently used workers per controller", labels,
                 static_cast<double>(active));
  };
  tell_active(++active_);
  const auto begin = clock_.steady();
  const std::string result = reconcile(key, stop);
  metrics_.observe("controller_runtime_reconcile_time_seconds", "Length of time per reconciliation per controller",
                   labels, {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
                   std::chrono::duration<double>(clock_.steady() - begin).count());
  metrics_.add("controller_runtime_reconcile_total", "Total number of reconciliations per controller",
               {{"controller", name_}, {"result", result}});
  queue_.done(key);
  tell_active(--active_);
}

std::string Controller::reconcile(const NamespacedName& key, const std::stop_token& stop) {
  try {
    const Result result = reconcile_(key, stop);
    queue_.forget(key);
    if (!result.again_after) return "success";
    queue_.add_after(key, *result.again_after);
    return "requeue_after";
  } catch (const Error& error) {  // a reconcile's edge
    return fail(key, error, stop);
  } catch (const std::exception& defect) {  // a reconcile's edge: one that is broken must not end the others
    return fail(key, Error(cairn::reason::kInternal, "{}", defect.what()), stop);
  }
}

std::string Controller::fail(const NamespacedName& key, const Error& error, const std::stop_token& stop) {
  if (error.kind() == ErrorKind::canceled && stop.stop_requested()) return "requeue";
  const bool hopeless = is_hopeless(error);
  // Somebody else's write came between: usual, and over with the next try.
  const bool usual = error.kind() == ErrorKind::conflict && queue_.failures(key) < 3;
  log::write(usual ? log::Level::debug : log::Level::warning, "reconcile failed",
             {{"controller", name_},
              {"key", key.to_text()},
              {"code", error.reason().code},
              {"error", error.what()},
              {"failures", queue_.failures(key)}});
  const MetricLabels labels{{"controller", name_}};
  metrics_.add("controller_runtime_reconcile_errors_total", "Total number of reconciliation errors per controller",
               labels);
  if (hopeless) {
    metrics_.add("controller_runtime_terminal_reconcile_errors_total",
                 "Total number of terminal reconciliation errors per controller", labels);
    queue_.forget(key);
    queue_.add_after(key, options_.hopeless_retry);
  } else {
    queue_.add_failed(key);
  }
  return "error";
}

}  // namespace cairn::k8s
