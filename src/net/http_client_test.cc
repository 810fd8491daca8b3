// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include "core/error.h"
#include "core/reasons.h"
#include "net/reasons.h"
#include "support/http_server.h"
#include "support/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace cairn::net {
namespace {

using cairn::testing::HttpServer;
using cairn::testing::make_get;
using cairn::testing::make_http_options;
using cairn::testing::read_body;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using ::testing::HasSubstr;

// The code of what `act` throws, or "".
template <class Act>
std::string code_of(Act&& act) {
  try {
    act();
  } catch (const Error& error) {
    return std::string(error.reason().code);
  }
  return "";
}

std::string numbers(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

// Slow enough that an answer overtakes the body.
class EndlessSource final : public Source {
 public:
  std::size_t read(MutableBytes out) override {
    std::this_thread::sleep_for(milliseconds(1));
    std::fill(out.begin(), out.end(), std::byte{'x'});
    return out.size();
  }
};

TEST(HttpClient, GetsABody) {
  HttpServer server([](const ServerRequest& request) {
    return ServerResponse{.headers = {{"X-Thing", "1"}, {"x-thing", "2"}},
                          .body = request.method + " " + request.target};
  });
  HttpClient client(make_http_options());
  auto response = client.send(make_get(server.url("/a?b=c")));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(read_body(response), "GET /a?b=c");
  EXPECT_THAT(response.headers.all("X-THING"), ::testing::ElementsAre("1", "2"));
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.header("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.header("User-Agent"), "cairn");
  EXPECT_FALSE(request.has("Accept-Encoding"));
}

TEST(HttpClient, ReadsChunkedBodiesAndThoseThatEndWithTheConnection) {
  const std::string body = numbers(300'000);
  for (const auto framing : {ServerResponse::Framing::chunked, ServerResponse::Framing::until_close}) {
    HttpServer server([&](const ServerRequest&) { return ServerResponse{.body = body, .framing = framing}; });
    HttpClient client(make_http_options());
    auto response = client.send(make_get(server.url()));
    EXPECT_EQ(read_body(response), body);
  }
}

TEST(HttpClient, SendsTextAndStreams) {
  HttpServer server([](const ServerRequest& request) { return ServerResponse{.status = 201, .body = request.body}; });
  HttpClient client(make_http_options());
  HttpRequest request{
      .method = "POST", .url = Url::parse(server.url()), .headers = {{"Content-Type", "text/x"}}, .body = "hello"};
  auto response = client.send(request);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(read_body(response), "hello");

  const std::string big = numbers(1'000'000);
  request = {.method = "PUT", .url = Url::parse(server.url())};
  request.open_body = [&] { return std::make_unique<TextSource>(big); };
  request.body_size = big.size();
  response = client.send(request);
  EXPECT_EQ(read_body(response), big);
}

TEST(HttpClient, RefusesABodyShorterThanPromised) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{}; });
  HttpClient client(make_http_options());
  HttpRequest request{.method = "PUT", .url = Url::parse(server.url())};
  request.open_body = [] { return std::make_unique<TextSource>("short"); };
  request.body_size = 100;
  EXPECT_EQ(code_of([&] { client.send(request); }), reason::kBadRequest.code);
}

TEST(HttpClient, SendsAnEmptyBodyWithItsLength) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.status = 202}; });
  HttpClient client(make_http_options());
  client.send({.method = "POST", .url = Url::parse(server.url())});
  client.send(make_get(server.url()));
  EXPECT_EQ(server.requests().at(0).header("Content-Length"), "0");
  EXPECT_FALSE(server.requests().at(1).has("Content-Length"));
}

TEST(HttpClient, HeadAnd204HaveNoBodyAndKeepTheConnection) {
  HttpServer server([](const ServerRequest& request) {
    return ServerResponse{.status = request.method == "HEAD" ? 200 : 204, .claimed_length = 1000};
  });
  HttpClient client(make_http_options());
  HttpRequest request = make_get(server.url());
  request.method = "HEAD";
  auto response = client.send(request);
  EXPECT_EQ(response.headers.find("content-length"), "1000");
  EXPECT_EQ(read_body(response), "");
  EXPECT_EQ(client.send(make_get(server.url())).status, 204);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, RefusesToWriteHeadersThatWouldSplit) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{}; });
  HttpClient client(make_http_options());
  HttpRequest request = make_get(server.url());
  request.headers.set("X", "a\r\nY: b");
  EXPECT_EQ(code_of([&] { client.send(request); }), reason::kBadRequest.code);
  request = make_get(server.url());
  request.headers.set("X y", "a");
  EXPECT_EQ(code_of([&] { client.send(request); }), reason::kBadRequest.code);
  request = make_get(server.url());
  request.method = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(code_of([&] { client.send(request); }), reason::kBadRequest.code);
}

TEST(HttpClient, AShortBodyIsAnError) {
  for (const auto framing : {ServerResponse::Framing::length, ServerResponse::Framing::chunked}) {
    HttpServer server([&](const ServerRequest&) {
      return ServerResponse{.body = numbers(5000), .framing = framing, .cut_after = 1000};
    });
    HttpClient client(make_http_options());
    auto response = client.send(make_get(server.url("/x?token=hush")));
    try {
      read_body(response);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kConnectionLost.code);
      EXPECT_THAT(error.what(), HasSubstr("/x"));
      EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("hush")));
    }
  }
}

TEST(HttpClient, TakesTheAnswerOfAServerThatDoesNotReadTheBody) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.status = 401, .body = "no", .close = true}; });
  HttpClient client(make_http_options());
  HttpRequest request{.method = "PUT", .url = Url::parse(server.url()), .headers = {{"Test-Skip-Body", "1"}}};
  const std::string big(16 << 20, 'x');  // more than socket buffers hold
  request.open_body = [&] { return std::make_unique<TextSource>(big); };
  request.body_size = big.size();
  auto response = client.send(request);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(read_body(response), "no");
}

TEST(HttpClient, StopsSendingWhenTheAnswerIsThere) {
  // The server answers and then neither reads nor hangs up: who goes on sending blocks.
  HttpServer server([](const ServerRequest&) {
    return ServerResponse{.status = 413, .body = "no", .drip_pause = milliseconds(20'000)};
  });
  auto options = make_http_options();
  options.idle_timeout = milliseconds(1000);
  HttpClient client(options);
  HttpRequest request{.method = "PUT", .url = Url::parse(server.url()), .headers = {{"Test-Skip-Body", "1"}}};
  request.open_body = [] { return std::make_unique<EndlessSource>(); };
  request.body_size = 1ULL << 40;
  auto response = client.send(request);
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(read_body(response), "no");
}

TEST(HttpClient, KeepsConnections) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.body = "x"}; });
  HttpClient client(make_http_options());
  for (int i = 0; i < 5; ++i) {
    auto response = client.send(make_get(server.url()));
    EXPECT_EQ(read_body(response), "x");
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, DoesNotKeepWhatTheServerWillClose) {
  HttpServer server([](const ServerRequest&) {
    return ServerResponse{.headers = {{"Connection", "close"}}, .body = "x"};
  });
  HttpClient client(make_http_options());
  for (int i = 0; i < 2; ++i) {
    auto response = client.send(make_get(server.url()));
    EXPECT_EQ(read_body(response), "x");
  }
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, ReplacesAKeptConnectionThatTheServerClosed) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.body = "x", .close = true}; });
  HttpClient client(make_http_options());
  for (int i = 0; i < 20; ++i) {
    auto response = client.send(make_get(server.url()));
    EXPECT_EQ(read_body(response), "x");
  }
}

TEST(HttpClient, SeesThatAKeptConnectionWasClosedBeforeItSends) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.body = "x", .close = true}; });
  HttpClient client(make_http_options());
  auto response = client.send(make_get(server.url()));
  EXPECT_EQ(read_body(response), "x");
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(client.send({.method = "POST", .url = Url::parse(server.url())}).status, 200) << "POST is not repeated";
}

TEST(HttpClient, RepeatsOnceWhenAKeptConnectionDiesUnderAnIdempotentRequestOnly) {
  // The server takes the second request of each connection and hangs up without a byte.
  std::atomic<int> on_first{0};
  HttpServer server([&](const ServerRequest& request) {
    if (request.connection == 0 && on_first++ == 1) return ServerResponse{.raw = ""};
    if (request.method == "POST" && request.connection == 1) return ServerResponse{.raw = ""};
    return ServerResponse{.body = "x"};
  });
  HttpClient client(make_http_options());
  for (int i = 0; i < 2; ++i) {
    auto response = client.send(make_get(server.url()));
    EXPECT_EQ(read_body(response), "x");
  }
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(code_of([&] { client.send({.method = "POST", .url = Url::parse(server.url())}); }),
            reason::kConnectionLost.code);
}

TEST(HttpClient, HasDeadlinesForTheHeaderAndBetweenBytes) {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/late") return ServerResponse{.delay = milliseconds(5000)};
    if (request.target == "/drip")
      return ServerResponse{.body = "abcdef", .drip_bytes = 1, .drip_pause = milliseconds(60)};
    return ServerResponse{.body = "ab", .drip_bytes = 1, .drip_pause = milliseconds(5000)};
  });
  auto options = make_http_options();
  options.header_timeout = options.idle_timeout = milliseconds(200);
  HttpClient client(options);
  EXPECT_EQ(code_of([&] { client.send(make_get(server.url("/late"))); }), cairn::reason::kTimedOut.code);
  auto response = client.send(make_get(server.url("/stall")));
  EXPECT_EQ(code_of([&] { read_body(response); }), cairn::reason::kTimedOut.code);
  response = client.send(make_get(server.url("/drip")));
  EXPECT_EQ(read_body(response), "abcdef") << "slow but never silent for long";
}

TEST(HttpClient, AHeaderThatDripsEndsAtTheDeadline) {
  HttpServer server([](const ServerRequest&) {
    return ServerResponse{
        .drip_bytes = 1, .drip_pause = milliseconds(50), .raw = "HTTP/1.1 200 OK\r\nX: " + numbers(1000)};
  });
  auto options = make_http_options();
  options.header_timeout = milliseconds(300);
  HttpClient client(options);
  EXPECT_EQ(code_of([&] { client.send(make_get(server.url())); }), cairn::reason::kTimedOut.code);
}

TEST(HttpClient, SaysWhyItCannotConnect) {
  std::uint16_t dead_port = 0;
  {
    HttpServer server([](const ServerRequest&) { return ServerResponse{}; });
    dead_port = server.port();
  }
  HttpClient client(make_http_options());
  try {
    client.send(make_get("http://127.0.0.1:" + std::to_string(dead_port) + "/v2/?secret=1"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kConnect.code);
    EXPECT_THAT(error.what(), HasSubstr("Connection refused"));
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("secret")));
  }
  EXPECT_EQ(code_of([&] { client.send(make_get("http://no-such-host.invalid/")); }), reason::kConnect.code);
}

TEST(HttpClient, StopsInTheMiddleOnRequest) {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/head") return ServerResponse{.delay = milliseconds(20'000)};
    return ServerResponse{.body = "ab", .drip_bytes = 1, .drip_pause = milliseconds(20'000)};
  });
  for (const char* path : {"/head", "/body"}) {
    HttpClient client(make_http_options());
    std::stop_source stop;
    const auto begin = std::chrono::steady_clock::now();
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(100));
      stop.request_stop();
    });
    EXPECT_EQ(code_of([&] {
                auto response = client.send(make_get(server.url(path)), stop.get_token());
                read_body(response);
              }),
              cairn::reason::kCanceled.code);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
}

TEST(HttpClient, DoesNotConnectAfterAStop) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{}; });
  HttpClient client(make_http_options());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(code_of([&] { client.send(make_get(server.url()), stop.get_token()); }), cairn::reason::kCanceled.code);
}

TEST(HttpClient, ServesEightThreadsAtOnce) {
  HttpServer server(
      [](const ServerRequest& request) { return ServerResponse{.body = numbers(50'000) + request.target}; });
  HttpClient client(make_http_options());
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i) {
          const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
          auto response = client.send(make_get(server.url(path)));
          if (read_body(response) != numbers(50'000) + path) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(server.connections(), 8U);
}

TEST(HttpClient, ABodyMayOutliveItsClient) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.body = numbers(500'000)}; });
  HttpResponse response;
  {
    HttpClient client(make_http_options());
    response = client.send(make_get(server.url()));
  }
  EXPECT_EQ(read_body(response), numbers(500'000));
}

}  // namespace
}  // namespace cairn::net
