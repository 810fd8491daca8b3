// SPDX-License-Identifier: Apache-2.0
#include "net/retry.h"

#include "core/error.h"
#include "core/reasons.h"
#include "net/reasons.h"
#include "support/fake_clock.h"
#include "support/http_server.h"
#include "support/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace cairn::net {
namespace {

using cairn::testing::FakeClock;
using cairn::testing::HttpServer;
using cairn::testing::make_get;
using cairn::testing::make_http_options;
using cairn::testing::read_body;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using std::chrono::seconds;

const Clock::Wall kNow{seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110

TEST(RetryAfter, IsReadAsSecondsOrAsDate) {
  const auto after = [](const char* text) { return find_retry_after(Headers{{"Retry-After", text}}, kNow); };
  EXPECT_EQ(after("0"), milliseconds(0));
  EXPECT_EQ(after(" 7 "), milliseconds(7000));
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:50:07 GMT"), milliseconds(30'000));
  EXPECT_EQ(after("Sunday, 06-Nov-94 08:50:07 GMT"), milliseconds(30'000));
  EXPECT_EQ(after("Sun Nov  6 08:50:07 1994"), milliseconds(30'000));
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:00:00 GMT"), milliseconds(0)) << "the past";
  EXPECT_EQ(after("99999999999999999"), milliseconds(std::chrono::hours(365 * 24)));
  for (const char* text : {"", "soon", "-1", "1.5", "Sun, 06 Nov 1994", "99999999999999999999999"}) {
    EXPECT_EQ(after(text), std::nullopt) << text;
  }
  EXPECT_EQ(find_retry_after({}, kNow), std::nullopt);
}

TEST(RetryPause, DoublesItsBoundAndJittersBelowIt) {
  const RetryPolicy policy{.first = milliseconds(100), .most = milliseconds(1000)};
  for (const auto& [failures, bound] : {std::pair(1, 100), {2, 200}, {3, 400}, {4, 800}, {5, 1000}, {1000, 1000}}) {
    milliseconds least{1 << 30};
    milliseconds most{0};
    for (int i = 0; i < 400; ++i) {
      const auto pause = make_pause(policy, failures, std::nullopt);
      least = std::min(least, pause);
      most = std::max(most, pause);
    }
    EXPECT_LE(most.count(), bound);
    EXPECT_GT(most.count(), bound * 8 / 10);
    EXPECT_LT(least.count(), bound * 2 / 10);
  }
}

TEST(RetryPause, HonoursTheServerUpToABound) {
  const RetryPolicy policy{.first = milliseconds(10), .longest_retry_after = seconds(60)};
  EXPECT_EQ(make_pause(policy, 1, seconds(5)), seconds(5));
  EXPECT_EQ(make_pause(policy, 1, seconds(3600)), seconds(60));
}

TEST(Retry, GoesOnWhileTheFailureMayPass) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599}) {
    std::atomic<int> count{0};
    HttpServer server(
        [&](const ServerRequest&) { return ServerResponse{.status = ++count < 3 ? status : 200, .body = "x"}; });
    HttpClient client(make_http_options());
    FakeClock clock;
    EXPECT_EQ(send_with_retries(client, make_get(server.url()), {}, clock).status, 200);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(clock.sleeps().size(), 2U);
  }
}

TEST(Retry, EndsAtOnceWhereItCannotHelp) {
  for (const int status : {200, 204, 304, 400, 401, 403, 404, 409, 501, 505}) {
    HttpServer server([&](const ServerRequest&) { return ServerResponse{.status = status}; });
    HttpClient client(make_http_options());
    FakeClock clock;
    EXPECT_EQ(send_with_retries(client, make_get(server.url()), {}, clock).status, status);
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST(Retry, ReturnsTheLastAnswer) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.status = 503, .body = "busy"}; });
  HttpClient client(make_http_options());
  FakeClock clock;
  auto response = send_with_retries(client, make_get(server.url()), {.attempts = 4}, clock);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(read_body(response), "busy");
  EXPECT_EQ(server.requests().size(), 4U);
  EXPECT_EQ(clock.sleeps().size(), 3U);
}

TEST(Retry, WaitsAsLongAsTheServerAsks) {
  FakeClock clock(kNow);
  std::atomic<int> count{0};
  HttpServer server([&](const ServerRequest&) {
    switch (count++) {
      case 0: return ServerResponse{.status = 429, .headers = {{"Retry-After", "17"}}};
      case 1: return ServerResponse{.status = 503, .headers = {{"Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT"}}};
      case 2: return ServerResponse{.status = 503, .headers = {{"Retry-After", "86400"}}};
      default: return ServerResponse{};
    }
  });
  HttpClient client(make_http_options());
  EXPECT_EQ(send_with_retries(client, make_get(server.url()), {.first = milliseconds(1)}, clock).status, 200);
  EXPECT_THAT(clock.sleeps(), ::testing::ElementsAre(seconds(17), seconds(60 - 17), seconds(120)));
}

TEST(Retry, CoversConnectionsThatDieAndSendsTheBodyAgain) {
  std::atomic<int> count{0};
  HttpServer server([&](const ServerRequest& request) {
    return ++count < 3 ? ServerResponse{.raw = ""} : ServerResponse{.body = request.body};
  });
  HttpClient client(make_http_options());
  FakeClock clock;
  HttpRequest request{.method = "POST", .url = Url::parse(server.url())};
  request.open_body = [] { return std::make_unique<TextSource>("payload"); };
  request.body_size = 7;
  auto response = send_with_retries(client, request, {}, clock);
  EXPECT_EQ(read_body(response), "payload");
}

TEST(Retry, RethrowsAfterTheLastAttempt) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.raw = ""}; });
  HttpClient client(make_http_options());
  FakeClock clock;
  EXPECT_THROW(send_with_retries(client, make_get(server.url()), {.attempts = 3}, clock), Error);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Retry, DoesNotRepeatNonsense) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.raw = "nonsense\r\n\r\n"}; });
  HttpClient client(make_http_options());
  FakeClock clock;
  EXPECT_THROW(send_with_retries(client, make_get(server.url()), {}, clock), Error);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Retry, StopsWhileItWaits) {
  HttpServer server([](const ServerRequest&) {
    return ServerResponse{.status = 503, .headers = {{"Retry-After", "60"}}};
  });
  HttpClient client(make_http_options());
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  try {
    send_with_retries(client, make_get(server.url()), {}, system_clock(), stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, cairn::reason::kCanceled.code);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
}

}  // namespace
}  // namespace cairn::net
