// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include "core/error.h"
#include "net/reasons.h"
#include "support/http_server.h"
#include "support/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::net {
namespace {

using cairn::testing::HttpServer;
using cairn::testing::make_get;
using cairn::testing::make_http_options;
using cairn::testing::read_body;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;

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

struct BadAnswer {
  const char* name;
  const char* text;
  const Reason* reason;
};

class HttpBadAnswer : public ::testing::TestWithParam<BadAnswer> {};

TEST_P(HttpBadAnswer, IsRefused) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.raw = GetParam().text}; });
  HttpClient client(make_http_options());
  EXPECT_EQ(code_of([&] {
              auto response = client.send(make_get(server.url()));
              read_body(response);
            }),
            GetParam().reason->code);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, HttpBadAnswer,
    ::testing::Values(
        BadAnswer{"nothing", "", &reason::kConnectionLost},
        BadAnswer{"half", "HTTP/1.1 200 OK\r\nA: b", &reason::kConnectionLost},
        BadAnswer{"garbage", "SSH-2.0-OpenSSH\r\n\r\n", &reason::kHttpProtocol},
        BadAnswer{"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                  &reason::kHttpProtocol},
        BadAnswer{"length_and_chunked",
                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                  &reason::kHttpProtocol},
        BadAnswer{"negative_length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", &reason::kHttpProtocol},
        BadAnswer{"huge_length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                  &reason::kHttpProtocol},
        BadAnswer{"bad_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
                  &reason::kHttpProtocol},
        BadAnswer{"switched", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", &reason::kHttpProtocol},
        BadAnswer{"space_in_name", "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", &reason::kHttpProtocol}),
    [](const auto& each) { return each.param.name; });

TEST(HttpClient, BoundsHeadersAndChunkLines) {
  const std::string long_text(200'000, 'a');
  for (const std::string& raw : {"HTTP/1.1 200 OK\r\nX: " + long_text + "\r\n\r\n", "HTTP/1.1 200 " + long_text,
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + long_text}) {
    HttpServer server([&](const ServerRequest&) { return ServerResponse{.raw = raw}; });
    HttpClient client(make_http_options());
    EXPECT_EQ(code_of([&] {
                auto response = client.send(make_get(server.url()));
                read_body(response);
              }),
              reason::kHttpProtocol.code);
  }
}

TEST(HttpClient, SkipsInterimAnswersButNotForEver) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  HttpServer server([&](const ServerRequest& request) {
    if (request.target == "/few")
      return ServerResponse{.raw = interim + interim + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
    std::string many;
    for (int i = 0; i < 100; ++i) many += interim;
    return ServerResponse{.raw = many};
  });
  HttpClient client(make_http_options());
  auto response = client.send(make_get(server.url("/few")));
  EXPECT_EQ(read_body(response), "ok");
  EXPECT_EQ(code_of([&] { client.send(make_get(server.url("/many"))); }), reason::kHttpProtocol.code);
}

}  // namespace
}  // namespace cairn::net
