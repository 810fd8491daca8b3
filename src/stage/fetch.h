// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/stream.h"

#include <chrono>
#include <memory>
#include <string>

namespace cairn::stage {

// Gets what a URL names; a seam, so that tests need no network.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // A small text. Throws what the HTTP client does, http_status_error() for a status that is no success, and
  // reason::kTooLarge.
  virtual std::string fetch(const std::string& url, std::size_t max_bytes) = 0;
  // Of any size, into `out`; goes on where a connection broke. `timeout` is how long to wait for a byte; 0 = 30 s.
  virtual void download(const std::string& url, std::chrono::seconds timeout, Sink& out) = 0;
};

// Verifies TLS, honours proxies, tries again what may pass, and ends in bounded time.
std::unique_ptr<Fetcher> make_http_fetcher(Clock& clock, std::stop_token stop);

}  // namespace cairn::stage
