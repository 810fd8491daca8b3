// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::testing {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

struct ServerRequest {
  std::string method;
  std::string target;
  HeaderFields headers;
  std::string body;
  std::uint64_t connection = 0;  // counts from 0 in the order of arrival

  // The value of a field, or "".
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
};

// An answer and the ways in which it may go wrong.
struct ServerResponse {
  enum class Framing { length, chunked, until_close };

  int status = 200;
  HeaderFields headers = {};
  std::string body = {};
  Framing framing = Framing::length;
  std::optional<std::uint64_t> claimed_length = std::nullopt;  // what Content-Length says instead of the truth
  std::optional<std::size_t> cut_after = std::nullopt;         // hang up after so many bytes of body
  milliseconds delay{0};                                       // before the first byte
  std::size_t drip_bytes = 0;                                  // body (or raw) in pieces of this size ...
  milliseconds drip_pause{0};                                  // ... with this pause after each
  bool close = false;                                          // hang up after the answer without saying so before
  std::optional<std::string> raw = std::nullopt;               // sent instead of everything above, then hang up
  std::optional<std::uint16_t> tunnel_to = std::nullopt;       // to CONNECT: joins with this port of 127.0.0.1
};

// An HTTP/1.1 server on 127.0.0.1 inside the test program, a thread for each connection. The destructor hangs up all
// connections and waits for the threads; delays end early then.
class HttpServer {
 public:
  // Called from several threads at once, after the request's body was read; a request with the header Test-Skip-Body is
  // answered without reading its body.
  using Handler = std::function<ServerResponse(const ServerRequest&)>;

  struct Tls {
    std::vector<std::string> names = {"localhost"};  // DNS names or addresses in the certificate
    enum class Validity { now, expired } validity = Validity::now;
  };

  explicit HttpServer(Handler handler);  // plain HTTP
  HttpServer(Handler handler, const Tls& tls);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  // "http://127.0.0.1:PORT" + path, or "https://NAME:PORT" + path with the first name of the certificate.
  std::string url(std::string_view path = "/") const;
  // The throw-away CA that signed the certificate, in PEM. All servers of one program share it.
  static const std::string& ca_pem();

  // What came so far.
  std::vector<ServerRequest> requests() const;
  std::uint64_t connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::testing
