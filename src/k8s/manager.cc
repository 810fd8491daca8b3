// SPDX-License-Identifier: Apache-2.0
#include "k8s/manager.h"

#include "core/log.h"
#include "core/reasons.h"
#include "k8s/reasons.h"

#include <fmt/core.h>

#include <cstdlib>
#include <exception>
#include <thread>

namespace cairn::k8s {
namespace {

constexpr milliseconds kLookAgain{50};

Client::Options hasty(Client::Options options, const ElectionOptions& election) {
  options.call_timeout = election.renew_deadline / 2;
  options.retries.attempts = 1;
  return options;
}

}  // namespace

// Threads that end together: the first failure stops all.
class Manager::Parts {
 public:
  explicit Parts(const std::stop_token& stop) : outer_(stop, [this] { stop_.request_stop(); }) {}
  ~Parts() { stop_.request_stop(); }

  std::stop_token token() const { return stop_.get_token(); }
  void request_stop() { stop_.request_stop(); }

  void start(std::function<void(const std::stop_token&)> body) {
    ++running_;
    threads_.emplace_back([this, body = std::move(body)] {
      try {
        body(stop_.get_token());
      } catch (const Error& error) {  // a thread's root
        if (error.kind() != ErrorKind::canceled || !stop_.stop_requested()) fail(std::current_exception());
      } catch (...) {  // a thread's root
        fail(std::current_exception());
      }
      --running_;
    });
  }
  bool ended() const { return running_ == 0; }
  // Waits for all, then throws the first failure.
  void join() {
    threads_.clear();
    const std::scoped_lock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void fail(std::exception_ptr failure) {
    {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::move(failure);
    }
    stop_.request_stop();
  }

  std::stop_source stop_;
  std::stop_callback<std::function<void()>> outer_;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::atomic<std::size_t> running_ = 0;
  std::vector<std::jthread> threads_;
};

Manager::Manager(const Access& access, ManagerOptions options, Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      client_(std::make_unique<Client>(access, options_.client, clock, metrics_)),
      events_(std::make_unique<EventRecorder>(*client_, options_.component, clock, metrics_)) {
  if (options_.election) {
    election_client_ = std::make_unique<Client>(access, hasty(options_.client, *options_.election), clock, metrics_);
    election_ = std::make_unique<Election>(*election_client_, *options_.election, clock);
  }
}

Manager::~Manager() = default;

Controller& Manager::controller(std::string name, Reconcile reconcile, const ControllerOptions& options) {
  controllers_.push_back(
      std::make_unique<Controller>(std::move(name), std::move(reconcile), options, clock_, metrics_));
  return *controllers_.back();
}

void Manager::run_while_leading(std::function<void(const std::stop_token&)> part) { parts_.push_back(std::move(part)); }

void Manager::add_ready_check(std::function<std::string()> check) { checks_.push_back(std::move(check)); }

bool Manager::leads() const { return leading_ && (!election_ || election_->holds()); }

std::string Manager::not_ready() const {
  for (const auto& informer : informers_) {
    if (!informer->synced()) return fmt::format("the first list of {} did not come yet", informer->kind().name);
  }
  if (!leads()) return "another process leads";
  for (const auto& check : checks_) {
    if (std::string missing = check(); !missing.empty()) return missing;
  }
  return {};
}

net::ServerResponse Manager::answer(const net::ServerRequest& request) {
  if (request.path == "/healthz" || request.path == "/livez") return {.body = "ok\n"};
  if (request.path == "/readyz") {
    const std::string missing = not_ready();
    return missing.empty() ? net::ServerResponse{.body = "ok\n"}
                           : net::ServerResponse{.status = 503, .body = missing + "\n"};
  }
  if (request.path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.expose()};
  }
  return {.status = 404, .body = "there are /metrics, /healthz and /readyz\n"};
}

void Manager::wait_synced(const std::stop_token& stop) {
  const auto deadline = clock_.steady() + options_.sync_timeout;
  for (const auto& informer : informers_) {
    while (!informer->synced()) {
      if (clock_.steady() > deadline) {
        throw Error(reason::kNotSynced, "{} was not listed within {} s", informer->kind().name,
                    std::chrono::duration_cast<std::chrono::seconds>(options_.sync_timeout).count());
      }
      clock_.sleep(kLookAgain, stop);
    }
  }
}

// Runs controllers and parts until the stop or the loss of the lease.
void Manager::lead(Parts& parts, const std::stop_token& stop) {
  if (election_) election_->acquire(stop);
  wait_synced(stop);
  leading_ = true;
  metrics_.set("leader_election_master_status", "Whether this process leads", {{"name", options_.component}}, 1);
  for (const auto& controller : controllers_) {
    parts.start([&controller](const std::stop_token& token) { controller->run(token); });
  }
  for (const auto& part : parts_) parts.start(part);
  if (election_) parts.start([this](const std::stop_token& token) { election_->renew(token); });
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, parts.token(), [] { return false; });
}

// Renewals have ended: reconciles may go on only until others may take the lease.
milliseconds Manager::grace() const {
  if (!options_.election) return options_.grace;
  const auto& lease = *options_.election;
  return std::min(options_.grace, lease.lease_duration - (election_->holds() ? lease.retry : lease.renew_deadline));
}

void Manager::run(const std::stop_token& stop) {
  if (options_.probes) {
    probes_ = std::make_unique<net::HttpServer>(*options_.probes,
                                                [this](const net::ServerRequest& request) { return answer(request); });
    port_ = probes_->port();
  }
  Parts parts(stop);
  for (const auto& informer : informers_) {
    parts.start([&informer](const std::stop_token& token) { informer->run(token); });
  }
  std::exception_ptr failure;
  try {
    lead(parts, parts.token());
  } catch (const Error& error) {  // recovers nothing: all parts end first
    // Canceled: by the stop, or by a part that failed and tells its own cause below.
    if (error.kind() != ErrorKind::canceled) failure = std::current_exception();
  }
  parts.request_stop();
  const auto deadline = std::chrono::steady_clock::now() + grace();
  while (!parts.ended() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(kLookAgain);
  if (!parts.ended()) {
    // Whoever leads now must not meet our late writes: a thread cannot be ended, a process can.
    log::error("a reconcile does not end; the process is ended");
    std::_Exit(exit_code(ErrorKind::internal));
  }
  leading_ = false;
  if (election_) election_->release();
  port_ = 0;
  probes_ = nullptr;
  if (failure) std::rethrow_exception(failure);
  parts.join();
}

}  // namespace cairn::k8s
