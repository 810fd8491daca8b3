// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include "core/environment.h"
#include "core/error.h"
#include "core/text.h"
#include "net/connection_pool.h"
#include "net/dialer.h"
#include "net/exchange.h"
#include "net/reasons.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace cairn::net {
namespace {

constexpr std::size_t kMostDrained = 64 * 1024;

HttpOptions with_environment(HttpOptions options) {
  if (!options.environment) options.environment = process_environment;
  return options;
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

bool is_own_field(std::string_view name) {
  static constexpr std::string_view kOwn[] = {"host",       "user-agent",      "content-length", "transfer-encoding",
                                              "connection", "accept-encoding", "expect",         "te"};
  return std::find(std::begin(kOwn), std::end(kOwn), to_lower(name)) != std::end(kOwn);
}

// Methods whose repetition does no harm (RFC 9110 section 9.2.2).
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

struct Body {
  std::uint64_t size = 0;
  bool stated = false;  // whether to send Content-Length: also for an empty body of a method that has one
};

Body body_of(const HttpRequest& request) {
  const std::uint64_t size = request.open_body ? request.body_size : request.body.size();
  return {size, size > 0 || request.method == "POST" || request.method == "PUT" || request.method == "PATCH"};
}

std::string make_head(const HttpRequest& request, const Route& route, const HttpOptions& options) {
  if (!is_token(request.method)) throw Error(reason::kBadRequest, "\"{}\" is no method", printable(request.method, 40));
  const bool whole = route.proxy && !route.is_tunnel();  // a proxy gets the whole address
  const std::string target = whole ? request.url.to_text() : request.url.target;
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n", request.method, target,
                                 request.url.authority(), options.user_agent);
  if (!request.headers.find("Accept")) head += "Accept: */*\r\n";
  const bool proxy_credentials = whole && !route.proxy->authorization.empty();
  if (proxy_credentials) head += fmt::format("Proxy-Authorization: {}\r\n", route.proxy->authorization.reveal());
  for (const auto& [name, value] : request.headers.fields()) {
    // The value stays out of the message: it may be a credential.
    if (!is_token(name) || !is_field_value(value)) {
      throw Error(reason::kBadRequest, "header field \"{}\" holds characters that HTTP does not allow",
                  printable(name, 60));
    }
    if (is_own_field(name) || (proxy_credentials && to_lower(name) == "proxy-authorization")) continue;
    head += name + ": " + value + "\r\n";
  }
  if (const Body body = body_of(request); body.stated) head += fmt::format("Content-Length: {}\r\n", body.size);
  return head + "\r\n";
}

// The body of a response as it comes from the connection, which goes back to the pool at its end.
class BodySource final : public Source {
 public:
  BodySource(std::unique_ptr<Interrupt> interrupt, std::shared_ptr<const HttpOptions> options,
             std::shared_ptr<ConnectionPool> pool, std::string place, std::string label)
      : interrupt_(std::move(interrupt)),
        options_(std::move(options)),
        pool_(std::move(pool)),
        place_(std::move(place)),
        label_(std::move(label)) {}

  Exchange& start(std::unique_ptr<ByteStream> stream) {
    exchange_ = std::make_unique<Exchange>(std::move(stream), *options_, *interrupt_);
    return *exchange_;
  }
  const Interrupt& interrupt() const { return *interrupt_; }
  void recycle_if_done() {
    if (exchange_ && exchange_->body_done()) pool_->give(place_, std::exchange(exchange_, nullptr)->release());
  }

  std::size_t read(MutableBytes out) override {
    if (!exchange_) return 0;
    const std::size_t count = with_context(label_, [&] { return exchange_->read_body(out); });
    recycle_if_done();
    if (count == 0) exchange_ = nullptr;
    return count;
  }

 private:
  std::unique_ptr<Interrupt> interrupt_;
  std::shared_ptr<const HttpOptions> options_;
  std::shared_ptr<ConnectionPool> pool_;
  std::string place_;
  std::string label_;
  std::unique_ptr<Exchange> exchange_;
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The request that follows a redirect (RFC 9110 section 15.4, Fetch standard 4.4 for the change to GET).
HttpRequest make_next(HttpRequest request, int status, const Url& target) {
  const bool to_get = (status == 303 && request.method != "HEAD") || (status <= 302 && request.method == "POST");
  if (to_get) {
    request.method = "GET";
    request.body.clear();
    request.open_body = nullptr;
    request.body_size = 0;
    for (const char* field : {"Content-Type", "Content-Range", "Content-Encoding", "Content-Language"}) {
      request.headers.remove(field);
    }
  }
  if (!target.same_origin(request.url)) {
    for (const char* field : {"Authorization", "Cookie", "Proxy-Authorization"}) request.headers.remove(field);
  }
  request.url = target;
  return request;
}

std::string label_of(const HttpRequest& request) {
  return printable(request.method, 20) + " " + request.url.to_public_text();
}

// Reads what little is left of a body nobody wants, so that the connection can be kept.
void drain(Source& body) {
  std::array<std::byte, 8192> scratch;
  for (std::size_t total = 0; total < kMostDrained;) {
    const std::size_t count = body.read(scratch);
    if (count == 0) return;
    total += count;
  }
}

}  // namespace

struct HttpClient::State {
  explicit State(HttpOptions given)
      : options(std::make_shared<const HttpOptions>(with_environment(std::move(given)))), dialer(*options) {}

  HttpResponse send_one(const HttpRequest& request, const std::stop_token& stop);
  HttpResponse attempt(const HttpRequest& request, const Route& route, BodySource& body, Exchange& exchange);

  std::shared_ptr<const HttpOptions> options;
  std::shared_ptr<ConnectionPool> pool = std::make_shared<ConnectionPool>();
  Dialer dialer;
};

HttpClient::HttpClient(HttpOptions options) : state_(std::make_unique<State>(std::move(options))) {}
HttpClient::~HttpClient() = default;

HttpResponse HttpClient::State::attempt(const HttpRequest& request, const Route& route, BodySource& body,
                                        Exchange& exchange) {
  const std::uint64_t size = body_of(request).size;
  TextSource text(request.body);
  const auto stream = request.open_body ? request.open_body() : nullptr;
  Source* source = stream ? stream.get() : &text;
  exchange.send(make_head(request, route, *options), size > 0 ? source : nullptr, size);
  const bool no_body = request.method == "HEAD";
  ResponseHead head = exchange.read_head(no_body ? Exchange::Expect::no_body : Exchange::Expect::body);
  body.recycle_if_done();
  return {.status = head.status, .headers = std::move(head.headers), .url = request.url, .body = nullptr};
}

HttpResponse HttpClient::State::send_one(const HttpRequest& request, const std::stop_token& stop) {
  const Route route = dialer.plan_route(request.url);
  auto body =
      std::make_unique<BodySource>(std::make_unique<Interrupt>(stop), options, pool, route.place(), label_of(request));
  while (true) {
    auto kept = pool->take(route.place());
    const bool reused = kept != nullptr;
    Exchange& exchange = body->start(reused ? std::move(kept) : dialer.dial(route, body->interrupt()));
    try {
      HttpResponse response = attempt(request, route, *body, exchange);
      response.body = std::move(body);
      return response;
    } catch (
        const Error& error) {  // recovers a kept connection that the server closed while the request was on its way
      const bool lost = error.is(reason::kConnectionLost);
      if (!reused || !lost || exchange.answered() || !is_idempotent(request.method)) throw;
    }
  }
}

HttpResponse HttpClient::send(const HttpRequest& first, const std::stop_token& stop) {
  HttpRequest request = first;
  for (int redirects = 0;; ++redirects) {
    HttpResponse response = with_context(label_of(request), [&] { return state_->send_one(request, stop); });
    const auto location = response.headers.find("Location");
    if (!is_redirect(response.status) || !location || first.max_redirects == 0) return response;
    if (redirects == first.max_redirects) {
      throw Error(reason::kTooManyRedirects, "{}: more than {} redirects", label_of(first), first.max_redirects);
    }
    const Url target = with_context(label_of(request) + ": redirect", [&] { return request.url.resolve(*location); });
    if (request.url.scheme == "https" && target.scheme == "http") {
      throw Error(reason::kInsecureRedirect, "{}: redirect from https to {}", label_of(request),
                  target.to_public_text());
    }
    try {
      drain(*response.body);
    } catch (const Error& error) {  // recovers a redirect whose body is broken: its header has all that counts
      if (error.kind() == ErrorKind::canceled) throw;
    }
    request = make_next(std::move(request), response.status, target);
  }
}

}  // namespace cairn::net
