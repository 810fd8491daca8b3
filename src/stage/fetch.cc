// SPDX-License-Identifier: Apache-2.0
#include "stage/fetch.h"

#include "net/http_client.h"

namespace cairn::stage {
namespace {

constexpr net::RetryPolicy kPolicy{.attempts = 4, .first = milliseconds(500), .most = milliseconds(5'000)};

class HttpFetcher final : public Fetcher {
 public:
  HttpFetcher(Clock& clock, std::stop_token stop) : clock_(clock), stop_(std::move(stop)) {}

  std::string fetch(const std::string& url, std::size_t max_bytes) override {
    net::HttpClient client;
    const net::Url target = net::Url::parse(url);
    net::HttpResponse response = net::send_with_retries(client, {.url = target}, kPolicy, clock_, stop_);
    if (response.status != 200) throw net::http_status_error("GET", response);
    return read_text(*response.body, max_bytes, target.to_public_text());
  }

  void download(const std::string& url, std::chrono::seconds timeout, Sink& out) override {
    net::HttpOptions options;
    if (timeout.count() > 0) options.header_timeout = options.idle_timeout = timeout;
    net::HttpClient client(options);
    copy_all(*net::open_resumable(client, {.url = net::Url::parse(url)}, 0, kPolicy, clock_, stop_), out);
  }

 private:
  Clock& clock_;
  std::stop_token stop_;
};

}  // namespace

std::unique_ptr<Fetcher> make_http_fetcher(Clock& clock, std::stop_token stop) {
  return std::make_unique<HttpFetcher>(clock, std::move(stop));
}

}  // namespace cairn::stage
