// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/access.h"
#include "k8s/election.h"
#include "net/http_server.h"
#include "operator/channel_listing.h"

#include <filesystem>
#include <optional>
#include <string>

namespace cairn::fleet {

struct OperatorOptions {
  std::optional<std::filesystem::path> kubeconfig;  // else as k8s::find_access()
  std::string name_space;                           // the only one that is looked at; empty: all
  std::string server_url;                           // of this operator, as machines reach it; may be empty
  std::string lease = "cairn-operator";             // in the namespace that the operator lives in
  net::HttpServerOptions probes{.address = "::", .port = 8080};
  ChannelWorld channels;
};

// Runs all controllers until `stop`: waits for the lease first, so that of several processes one works. Throws what
// k8s::find_access() and k8s::Manager::run() throw, and reason::kBadServerUrl.
void run_operator(const OperatorOptions& options, const k8s::Environment& environment, Clock& clock,
                  const std::stop_token& stop);

}  // namespace cairn::fleet
