// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"
#include "core/reasons.h"
#include "core/text.h"
#include "net/http_client.h"
#include "net/reasons.h"
#include "support/fake_clock.h"
#include "support/http_server.h"
#include "support/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace cairn::net {
namespace {

using cairn::testing::FakeClock;
using cairn::testing::HttpServer;
using cairn::testing::make_get;
using cairn::testing::make_http_options;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;

std::string numbers(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

// A server of one body that understands ranges, and what may be wrong with it.
struct Shelf {
  std::string body = numbers(100'000);
  std::string etag = "\"v1\"";
  bool ranges = true;
  std::size_t cut_each = 0;  // hang up after so many bytes of each answer

  ServerResponse answer(const ServerRequest& request) const {
    ServerResponse response;
    if (!etag.empty()) response.headers.emplace_back("ETag", etag);
    if (cut_each > 0) response.cut_after = cut_each;
    const std::string range = request.header("Range");
    const bool matches = !request.has("If-Range") || request.header("If-Range") == etag;
    if (!ranges || range.empty() || !matches) {
      response.body = body;
    } else {
      const std::uint64_t first = parse_number(range.substr(6, range.size() - 7)).value_or(0);
      if (first >= body.size()) {
        response.cut_after.reset();
        response.status = 416;
        response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(body.size()));
        return response;
      }
      response.status = 206;
      response.body = body.substr(first);
      response.headers.emplace_back("Content-Range",
                                    fmt::format("bytes {}-{}/{}", first, body.size() - 1, body.size()));
    }
    if (response.cut_after && *response.cut_after >= response.body.size()) response.cut_after.reset();
    return response;
  }
};

std::string fetch(const std::string& url, std::uint64_t offset = 0, const RetryPolicy& policy = {}) {
  HttpClient client(make_http_options());
  FakeClock clock;
  const auto source = open_resumable(client, make_get(url), offset, policy, clock);
  return read_text(*source, 10 << 20, "the body");
}

std::string code_of_fetch(const std::string& url, std::uint64_t offset = 0, const RetryPolicy& policy = {}) {
  try {
    fetch(url, offset, policy);
  } catch (const Error& error) {
    return std::string(error.reason().code);
  }
  return "";
}

TEST(Resumable, ReadsABodyThatIsNotCut) {
  const Shelf shelf;
  HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
  EXPECT_EQ(fetch(server.url()), shelf.body);
  EXPECT_FALSE(server.requests().at(0).has("Range"));
}

TEST(Resumable, GoesOnWhereItWasCutWithoutFetchingTwice) {
  const Shelf shelf{.cut_each = 30'000};
  HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
  EXPECT_EQ(fetch(server.url()), shelf.body);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[1].header("Range"), "bytes=30000-");
  EXPECT_EQ(requests[1].header("If-Range"), "\"v1\"");
  EXPECT_EQ(requests[3].header("Range"), "bytes=90000-");
}

TEST(Resumable, WorksWithoutAnEtagAndSendsNoWeakOne) {
  for (const char* etag : {"", "W/\"v1\""}) {
    const Shelf shelf{.etag = etag, .cut_each = 60'000};
    HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
    EXPECT_EQ(fetch(server.url()), shelf.body);
    EXPECT_FALSE(server.requests().at(1).has("If-Range"));
  }
}

TEST(Resumable, SkipsWhatItHasWhenTheServerIgnoresRanges) {
  const Shelf shelf{.ranges = false};
  std::atomic<int> count{0};
  HttpServer server([&](const ServerRequest& request) {
    ServerResponse response = shelf.answer(request);
    if (count++ < 2) response.cut_after = 40'000 * static_cast<std::size_t>(count);
    return response;
  });
  EXPECT_EQ(fetch(server.url()), shelf.body);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Resumable, BeginsAtAnOffset) {
  for (const bool ranges : {true, false}) {
    const Shelf shelf{.ranges = ranges};
    HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
    EXPECT_EQ(fetch(server.url(), 12'345), shelf.body.substr(12'345));
    EXPECT_EQ(server.requests().at(0).header("Range"), "bytes=12345-");
  }
}

TEST(Resumable, AtTheEndHasNothingMore) {
  const Shelf shelf;
  HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
  EXPECT_EQ(fetch(server.url(), shelf.body.size()), "");
  EXPECT_EQ(code_of_fetch(server.url(), shelf.body.size() + 1), reason::kHttpStatus.code) << "beyond the end";
}

TEST(Resumable, RefusesToJoinTwoVersions) {
  for (const bool ranges : {true, false}) {
    Shelf first{.ranges = ranges, .cut_each = 30'000};
    Shelf second{.body = std::string(100'000, 'x'), .etag = "\"v2\"", .ranges = ranges};
    std::atomic<int> count{0};
    HttpServer server(
        [&](const ServerRequest& request) { return count++ == 0 ? first.answer(request) : second.answer(request); });
    EXPECT_EQ(code_of_fetch(server.url()), reason::kChanged.code);
  }
  Shelf first{.etag = "", .cut_each = 30'000};
  Shelf second{.body = numbers(99'999), .etag = ""};
  std::atomic<int> count{0};
  HttpServer server(
      [&](const ServerRequest& request) { return count++ == 0 ? first.answer(request) : second.answer(request); });
  EXPECT_EQ(code_of_fetch(server.url()), reason::kChanged.code) << "only the size tells";
}

TEST(Resumable, RefusesAnotherRangeThanItAskedFor) {
  HttpServer server([](const ServerRequest& request) {
    if (!request.has("Range")) return ServerResponse{.body = numbers(1000), .cut_after = 500};
    return ServerResponse{.status = 206, .headers = {{"Content-Range", "bytes 400-999/1000"}}, .body = numbers(600)};
  });
  EXPECT_EQ(code_of_fetch(server.url()), reason::kHttpProtocol.code);
}

TEST(Resumable, AsksForTheRestOfAPartThatEndsEarly) {
  const Shelf shelf;
  HttpServer server([&](const ServerRequest& request) {
    ServerResponse response = shelf.answer(request);
    if (response.status == 206 && response.body.size() > 20'000) response.body.resize(20'000);
    return response;
  });
  EXPECT_EQ(fetch(server.url(), 50'000), shelf.body.substr(50'000));
}

TEST(Resumable, GoesOnAsLongAsEachTryBringsSomething) {
  const Shelf shelf{.body = numbers(5'000), .cut_each = 100};
  HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
  EXPECT_EQ(fetch(server.url(), 0, {.attempts = 2}), shelf.body);
  EXPECT_EQ(server.requests().size(), 50U);
}

TEST(Resumable, GivesUpWhenNothingComesAnyMore) {
  Shelf shelf{.cut_each = 1000};
  HttpServer server([&](const ServerRequest& request) {
    ServerResponse response = shelf.answer(request);
    if (request.has("Range")) response.cut_after = 0;
    return response;
  });
  EXPECT_EQ(code_of_fetch(server.url(), 0, {.attempts = 3}), reason::kConnectionLost.code);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Resumable, WaitsOutABusyServer) {
  const Shelf shelf{.cut_each = 50'000};
  std::atomic<int> count{0};
  HttpServer server([&](const ServerRequest& request) {
    const int number = count++;
    if (number == 0 || number == 2) return ServerResponse{.status = 503, .headers = {{"Retry-After", "9"}}};
    return shelf.answer(request);
  });
  HttpClient client(make_http_options());
  FakeClock clock;
  const auto source = open_resumable(client, make_get(server.url()), 0, {.first = milliseconds(10)}, clock);
  EXPECT_EQ(read_text(*source, 1 << 20, "the body"), shelf.body);
  EXPECT_THAT(clock.sleeps(), ::testing::Contains(milliseconds(9000)).Times(2));
}

TEST(Resumable, TellsOtherStatusesAtOnce) {
  HttpServer server(
      [](const ServerRequest& request) { return ServerResponse{.status = request.target == "/a" ? 404 : 403}; });
  EXPECT_EQ(code_of_fetch(server.url("/a")), reason::kHttpNotFound.code);
  EXPECT_EQ(code_of_fetch(server.url("/b")), reason::kHttpDenied.code);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(Resumable, AnUnendedBodyOfUnknownLengthIsResumed) {
  const Shelf shelf;
  std::atomic<int> count{0};
  HttpServer server([&](const ServerRequest& request) {
    ServerResponse response = shelf.answer(request);
    response.framing = ServerResponse::Framing::chunked;
    if (count++ == 0) response.cut_after = 12'000;
    return response;
  });
  EXPECT_EQ(fetch(server.url()), shelf.body);
}

TEST(Resumable, SendsItsCredentialsAgainFromTheFirstAddress) {
  const Shelf shelf{.cut_each = 60'000};
  HttpServer store([&](const ServerRequest& request) { return shelf.answer(request); });
  std::atomic<int> signature{0};
  HttpServer registry([&](const ServerRequest&) {
    return ServerResponse{.status = 307,
                          .headers = {{"Location", store.url("/blob?signature=" + std::to_string(++signature))}}};
  });
  HttpClient client(make_http_options());
  FakeClock clock;
  HttpRequest request = make_get(registry.url());
  request.headers.set("Authorization", "Bearer hush");
  const auto source = open_resumable(client, request, 0, {}, clock);
  EXPECT_EQ(read_text(*source, 1 << 20, "the body"), shelf.body);
  EXPECT_EQ(store.requests().at(1).target, "/blob?signature=2") << "signed addresses expire: each try gets a new one";
  EXPECT_FALSE(store.requests().at(1).has("Authorization"));
  EXPECT_EQ(registry.requests().at(1).header("Authorization"), "Bearer hush");
}

TEST(Resumable, StopsOnRequest) {
  const Shelf shelf;
  HttpServer server([&](const ServerRequest& request) { return shelf.answer(request); });
  HttpClient client(make_http_options());
  FakeClock clock;
  std::stop_source stop;
  const auto source = open_resumable(client, make_get(server.url()), 0, {}, clock, stop.get_token());
  stop.request_stop();
  try {
    read_text(*source, 1 << 20, "the body");
  } catch (const Error& error) {  // what was in the buffers may still come; a wait must not
    EXPECT_EQ(error.reason().code, cairn::reason::kCanceled.code);
  }
}

}  // namespace
}  // namespace cairn::net
