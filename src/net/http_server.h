// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cairn::net {

struct ServerRequest {
  std::string method;  // GET or HEAD
  std::string path;    // without the query
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // an IP address; "::" is all of them
  std::uint16_t port = 0;             // 0: any that is free
  std::size_t threads = 2;            // requests at the same time; others wait
  std::size_t max_header_bytes = 8 * 1024;
  milliseconds request_timeout{5'000};  // for the whole of the request, and again for the answer
};

// A small HTTP/1.1 server for metrics and probes: requests without a body, one a connection, all within bounds of size
// and time. The destructor ends it.
class HttpServer {
 public:
  // Called from several threads; what it throws is answered 500.
  using Handler = std::function<ServerResponse(const ServerRequest&)>;

  // Throws reason::kListen when the address cannot be used.
  HttpServer(const HttpServerOptions& options, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::net
