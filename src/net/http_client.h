// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/error.h"
#include "core/stream.h"
#include "net/tls_settings.h"
#include "net/url.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace cairn::net {

// Header fields in order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void set(std::string name, std::string value);
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void remove(std::string_view name);
  std::optional<std::string> find(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Host, User-Agent, Content-Length, Transfer-Encoding, Connection and Accept-Encoding are the client's own: what
// `headers` says of them is not sent.
struct HttpRequest {
  std::string method = "GET";
  Url url;
  Headers headers = {};
  // The body, if any: text, or a stream of known length that can be opened again for a retry or a redirect.
  std::string body = {};
  std::function<std::unique_ptr<Source>()> open_body = {};
  std::uint64_t body_size = 0;  // with open_body
  // Redirects of this request to follow (301, 302, 303, 307, 308); 0 returns the redirect itself. Authorization, Cookie
  // and Proxy-Authorization never leave the origin, and https is never left for http.
  int max_redirects = 10;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  Url url;                       // after redirects
  std::unique_ptr<Source> body;  // never null; reading past the deadline or a cut connection throws
};

struct HttpOptions {
  milliseconds connect_timeout{10'000};
  milliseconds header_timeout{30'000};                          // from the request's last byte to the response's header
  milliseconds idle_timeout{30'000};                            // without one byte of body
  std::optional<std::filesystem::path> ca_file = std::nullopt;  // added to the system's roots
  bool verify_tls = true;
  TlsSettings tls = {};
  std::size_t max_header_bytes = 64 * 1024;
  std::string user_agent = "cairn";
  // Proxies (net/proxy.h) and SSL_CERT_FILE, SSL_CERT_DIR. Null: the process's environment. Tests give their own.
  std::function<std::optional<std::string>(const std::string& name)> environment = {};
};

// Blocking HTTP/1.1 client with deadlines on everything and connections kept for the next request.
// Thread-safe: several threads may send at once.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends once and returns the response whatever its status. The response may outlive the client. Throws only for
  // failures below HTTP: reason::kConnect, kConnectionLost, kTls, kProxy, kHttpProtocol, kTooManyRedirects,
  // kInsecureRedirect, kBadRequest, kBadUrl (of a redirect), cairn::reason::kTimedOut, kCanceled.
  HttpResponse send(const HttpRequest& request, const std::stop_token& stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// When to try again and how long to wait: full jitter, doubling from `first` to `most`; Retry-After is honoured up to
// `longest_retry_after`.
struct RetryPolicy {
  int attempts = 5;
  milliseconds first{500};
  milliseconds most{15'000};
  milliseconds longest_retry_after{120'000};
};

// "GET https://host/path: status 404 Not Found: <the first line of a short text or of an OCI error document>" with
// reason::kHttpDenied (401, 403), kHttpNotFound (404, 410) or kHttpStatus. Reads up to 4 KiB of the body.
Error http_status_error(std::string_view method, HttpResponse& response);

// Sends until the status is neither 408, 425, 429 nor 5xx (501 and 505 end at once) and the connection held until the
// header; then returns that response. After the last attempt it returns the last response or rethrows.
HttpResponse send_with_retries(HttpClient& client, const HttpRequest& request, const RetryPolicy& policy, Clock& clock,
                               const std::stop_token& stop = {});

// Reads a GET's body to the end across cut connections: after a break it asks for the rest by Range (with If-Range
// where the server gave a strong ETag) and goes on where it stopped; a server that answers 200 instead is read again
// and the bytes already delivered are skipped. `offset` is where to begin. The returned source retries by `policy`
// as long as each try brings at least one new byte or attempts remain. Throws http_status_error for other statuses,
// reason::kChanged when strong ETag or size differ from those of the first answer. `client` and `clock` outlive it.
std::unique_ptr<Source> open_resumable(HttpClient& client, HttpRequest request, std::uint64_t offset,
                                       const RetryPolicy& policy, Clock& clock, std::stop_token stop = {});

}  // namespace cairn::net
