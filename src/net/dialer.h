// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http_client.h"
#include "net/proxy.h"
#include "net/tls.h"

#include <mutex>

namespace cairn::net {

// The way to an origin: straight or through a proxy.
struct Route {
  Url url;
  std::optional<Proxy> proxy;

  bool is_tunnel() const { return proxy && url.scheme == "https"; }
  // What connections that may be used for each other have in common.
  std::string place() const;
};

// Makes connections. Thread-safe.
class Dialer {
 public:
  // `options` outlives the dialer and has an environment.
  explicit Dialer(const HttpOptions& options) : options_(options) {}

  // Throws reason::kProxy for a malformed proxy in the environment.
  Route plan_route(const Url& url) const { return {url, find_proxy(url, options_.environment)}; }
  // Connected, through the proxy's tunnel and with TLS where the route wants it, all within the connect timeout.
  // Throws kConnect, kProxy, kTls, kConnectionLost, kTimedOut, kCanceled.
  std::unique_ptr<ByteStream> dial(const Route& route, const Interrupt& interrupt);

 private:
  const TlsContext& tls();

  const HttpOptions& options_;
  std::once_flag tls_made_;
  std::unique_ptr<TlsContext> tls_;  // made when first needed: reading the roots takes some 20 ms
};

}  // namespace cairn::net
