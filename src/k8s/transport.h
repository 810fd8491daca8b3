// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/client.h"

namespace cairn::k8s {

// One request to the API server.
struct Call {
  std::string method = "GET";
  std::string target;  // path and query
  std::string body = {};
  std::string content_type = "application/json";
  std::string doing = {};  // for errors and metrics: "get MachineInventory fleet/m-1"
  bool reads = true;       // repeating it does no harm
  bool streams = false;    // a watch
};

// Sends calls with credentials, repeats those that may be repeated, counts all. Thread-safe.
class Transport {
 public:
  Transport(const Access& access, const Client::Options& options, Clock& clock, Metrics& metrics);

  // The response, which has a status below 300; throws make_status_error for others.
  net::HttpResponse send(const Call& call, const std::stop_token& stop);
  // Its whole body. Throws reason::kBadAnswer past `max_bytes`.
  std::string text(const Call& call, const std::stop_token& stop);

 private:
  net::HttpResponse attempt(const Call& call, const std::stop_token& stop);

  net::Url server_;
  std::string basic_;  // the value of Authorization for a user with a password
  TokenSource token_;
  net::HttpClient calls_;
  net::HttpClient watches_;
  net::RetryPolicy retries_;
  Clock& clock_;
  Metrics& metrics_;
};

}  // namespace cairn::k8s
