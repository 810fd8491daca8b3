// SPDX-License-Identifier: Apache-2.0
#include "k8s/transport.h"

#include "core/base64.h"
#include "core/log.h"
#include "k8s/reasons.h"
#include "k8s/status.h"
#include "net/retry.h"

#include <fmt/core.h>

#include <cstdlib>

namespace cairn::k8s {
namespace {

constexpr std::size_t kMostBody = 256 << 20;
constexpr std::size_t kMostErrorBody = 1 << 20;

net::HttpOptions make_options(const Access& access, const Client::Options& options, milliseconds idle) {
  net::HttpOptions http;
  http.tls = access.tls;
  http.verify_tls = access.verify_tls;
  http.user_agent = options.user_agent;
  http.connect_timeout = std::min(http.connect_timeout, options.call_timeout);
  http.header_timeout = options.call_timeout;
  http.idle_timeout = idle;
  http.environment = options.environment;
  if (access.proxy) {
    http.environment = [proxy = *access.proxy](const std::string& name) -> std::optional<std::string> {
      return name == "https_proxy" || name == "http_proxy" ? std::optional(proxy) : std::nullopt;
    };
  }
  return http;
}

// A request that was answered so has not been worked on.
bool was_refused_early(int status) { return status == 429; }

}  // namespace

Transport::Transport(const Access& access, const Client::Options& options, Clock& clock, Metrics& metrics)
    : server_(access.server),
      basic_(access.user.empty() ? "" : encode_base64(access.user + ":" + access.password.reveal())),
      token_(access),
      calls_(make_options(access, options, options.call_timeout)),
      watches_(make_options(access, options, options.watch_idle)),
      retries_(options.retries),
      clock_(clock),
      metrics_(metrics) {
  if (server_.target.ends_with('/')) server_.target.pop_back();
}

net::HttpResponse Transport::attempt(const Call& call, const std::stop_token& stop) {
  net::HttpRequest request{.method = call.method, .url = server_};
  request.url.target += call.target;
  request.headers.set("Accept", "application/json");
  if (!call.body.empty()) request.headers.set("Content-Type", call.content_type);
  request.body = call.body;
  request.max_redirects = 0;  // an API server does not redirect; a proxy that does must not get our token
  const Secret token = token_.get();
  if (!token.empty()) {
    request.headers.set("Authorization", "Bearer " + token.reveal());
  } else if (!basic_.empty()) {
    request.headers.set("Authorization", "Basic " + basic_);
  }
  const auto begin = clock_.steady();
  const std::string host = server_.authority();
  const auto count = [&](std::string code) {
    metrics_.add("rest_client_requests_total", "Number of HTTP requests, partitioned by status code, method, and host.",
                 {{"code", std::move(code)}, {"host", host}, {"method", call.method}});
  };
  try {
    net::HttpResponse response = (call.streams ? watches_ : calls_).send(request, stop);
    count(std::to_string(response.status));
    metrics_.observe("rest_client_request_duration_seconds", "Request latency in seconds, by verb and host.",
                     {{"host", host}, {"verb", call.method}}, {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60},
                     std::chrono::duration<double>(clock_.steady() - begin).count());
    return response;
  } catch (const Error& error) {  // recovers nothing: counts the request
    count(error.kind() == ErrorKind::canceled ? "<canceled>" : "<error>");
    throw;
  }
}

net::HttpResponse Transport::send(const Call& call, const std::stop_token& stop) {
  bool doubted = false;
  for (int failures = 1;; ++failures) {
    std::optional<milliseconds> asked;
    try {
      net::HttpResponse response = attempt(call, stop);
      if (response.status < 300) return response;
      const bool again =
          was_refused_early(response.status) || (call.reads && !call.streams && net::is_passing(response.status));
      const bool new_token = response.status == 401 && !std::exchange(doubted, true);
      if (new_token) token_.doubt();
      if (!new_token && (!again || failures >= retries_.attempts)) {
        throw make_status_error(response.status, read_text(*response.body, kMostErrorBody, call.doing), call.doing);
      }
      if (new_token) continue;
      asked = net::find_retry_after(response.headers, clock_.wall());
    } catch (Error& error) {  // recovers connections that failed before a request that only reads
      const bool again = call.reads && !call.streams && net::is_passing(error) && failures < retries_.attempts;
      if (!again) throw;
      log::debug("request will be repeated", {{"request", call.doing}, {"error", error.what()}});
    }
    clock_.sleep(net::make_pause(retries_, failures, asked), stop);
  }
}

std::string Transport::text(const Call& call, const std::stop_token& stop) {
  net::HttpResponse response = send(call, stop);
  return read_text(*response.body, kMostBody, call.doing);
}

}  // namespace cairn::k8s
