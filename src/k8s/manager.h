// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/controller.h"
#include "k8s/election.h"
#include "k8s/events.h"
#include "net/http_server.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn::k8s {

struct ManagerOptions {
  Client::Options client = {};
  std::string component = "cairn";                              // who writes Events
  std::optional<ElectionOptions> election = std::nullopt;       // without one this process leads at once
  std::optional<net::HttpServerOptions> probes = std::nullopt;  // /metrics, /healthz, /readyz
  milliseconds sync_timeout{120'000};                           // for the first lists
  milliseconds grace{20'000};  // for reconciles that run when the process is to end; never beyond the lease
};

// The controllers of a process: their client, informers, election, probes, and the order in which they start and end.
//   Manager manager(access, options, system_clock());
//   auto& boxes = manager.informer<Box>(Box::kind());
//   auto& controller = manager.controller("box", reconcile);
//   controller.watch<Box>(boxes);
//   manager.run(stop);
class Manager {
 public:
  // `clock` outlives it.
  Manager(const Access& access, ManagerOptions options, Clock& clock);
  ~Manager();

  Client& client() { return *client_; }
  Metrics& metrics() { return metrics_; }
  EventRecorder& events() { return *events_; }

  // All of these before run(). What they return lives as long as the manager. `kind` outlives it.
  template <Record T>
  Informer<T>& informer(const Kind& kind, ListOptions options = {}) {
    auto made = std::make_unique<Informer<T>>(*client_, kind, std::move(options), clock_, metrics_);
    Informer<T>& reference = *made;
    informers_.push_back(std::move(made));
    return reference;
  }
  Controller& controller(std::string name, Reconcile reconcile, const ControllerOptions& options = {});
  // Another thing that runs while this process leads, such as an endpoint. It returns soon after the stop.
  void run_while_leading(std::function<void(const std::stop_token&)> part);
  // What must hold, besides leading and full stores, for /readyz to say yes: an empty text, or what is missing.
  void add_ready_check(std::function<std::string()> check);

  // Informers run at once, so that a process that waits for the lease is warm; controllers run while it leads. Returns
  // after the stop, when all has ended and the lease is given away. Throws reason::kLeaseLost, kNotSynced, and what
  // ends a part. A reconcile that does not end within the grace after the lease was lost is ended with the process.
  void run(const std::stop_token& stop);

  // Whether it is allowed to act, by our own clock: asked before what cannot be undone.
  bool leads() const;
  // Empty, or what it waits for.
  std::string not_ready() const;
  // Of the probes, while it runs; else 0.
  std::uint16_t port() const { return port_; }

 private:
  class Parts;
  net::ServerResponse answer(const net::ServerRequest& request);
  void wait_synced(const std::stop_token& stop);
  void lead(Parts& parts, const std::stop_token& stop);
  milliseconds grace() const;

  ManagerOptions options_;
  Clock& clock_;
  Metrics metrics_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Client> election_client_;  // with deadlines shorter than the lease's
  std::unique_ptr<Election> election_;
  std::unique_ptr<EventRecorder> events_;
  std::vector<std::unique_ptr<AnyInformer>> informers_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::vector<std::function<void(const std::stop_token&)>> parts_;
  std::vector<std::function<std::string()>> checks_;
  std::atomic<bool> leading_ = false;
  std::atomic<std::uint16_t> port_ = 0;
  std::unique_ptr<net::HttpServer> probes_;  // last: it reads all of the above
};

}  // namespace cairn::k8s
