// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http_client.h"

#include <map>
#include <string>

namespace cairn::testing {

// Options whose environment is only what a test gives: proxies of the machine stay out.
inline net::HttpOptions make_http_options(std::map<std::string, std::string> environment = {}) {
  net::HttpOptions options;
  options.environment = [environment = std::move(environment)](const std::string& name) {
    const auto at = environment.find(name);
    return at == environment.end() ? std::nullopt : std::optional(at->second);
  };
  return options;
}

inline net::HttpRequest make_get(const std::string& url) { return {.method = "GET", .url = net::Url::parse(url)}; }

inline std::string read_body(net::HttpResponse& response) { return read_text(*response.body, 64 << 20, "the body"); }

}  // namespace cairn::testing
