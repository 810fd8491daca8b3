// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/secret.h"
#include "net/url.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace cairn::net {

// An HTTP proxy: requests for http go to it whole, https goes through a tunnel that it opens (CONNECT).
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  Secret authorization;  // the value of Proxy-Authorization, if the proxy's URL carries credentials

  std::string to_text() const { return host + ":" + std::to_string(port); }
};

// The proxy for `url` by the environment, read as curl reads it:
// - http_proxy, https_proxy by the URL's scheme, then all_proxy; each in lower case, then in upper case. HTTP_PROXY is
// not
//   read where REQUEST_METHOD is set: in a CGI program a client's "Proxy:" header would set it.
// - no_proxy: names (with all below them), addresses, networks as 10.0.0.0/8, each with an optional :port; or `*`.
// Loopback is never reached through a proxy, which curl would do. Throws reason::kProxy for a malformed proxy.
std::optional<Proxy> find_proxy(const Url& url,
                                const std::function<std::optional<std::string>(const std::string& name)>& environment);

}  // namespace cairn::net
