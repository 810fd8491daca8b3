// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"
#include "net/http_client.h"
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
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using ::testing::HasSubstr;

TEST(HttpStatusError, TellsStatusAndTheServersOwnWords) {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/text")
      return ServerResponse{.status = 503, .headers = {{"Content-Type", "text/plain"}}, .body = "busy\nmore"};
    return ServerResponse{.status = 404,
                          .headers = {{"Content-Type", "application/json"}},
                          .body = R"({"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]})"};
  });
  HttpClient client(make_http_options());
  auto response = client.send(make_get(server.url("/v2/?a=hush")));
  const Error missing = http_status_error("GET", response);
  EXPECT_EQ(missing.reason().code, reason::kHttpNotFound.code);
  EXPECT_THAT(missing.message(), HasSubstr("/v2/: status 404 Not Found: NAME_UNKNOWN: no such repository"));
  response = client.send(make_get(server.url("/text")));
  EXPECT_THAT(http_status_error("GET", response).message(),
              ::testing::EndsWith("status 503 Service Unavailable: busy"));
}

TEST(HttpStatusError, SurvivesErrorPagesThatMakeNoSense) {
  for (const char* body : {"{", "[]", "{\"errors\":1}", "{\"errors\":[1]}", "{\"errors\":[]}", "", "\x1b[2J"}) {
    HttpServer server([&](const ServerRequest&) {
      return ServerResponse{
          .status = 500, .headers = {{"Content-Type", "application/json"}}, .body = body, .close = true};
    });
    HttpClient client(make_http_options());
    auto response = client.send(make_get(server.url()));
    const Error error = http_status_error("GET", response);
    EXPECT_EQ(error.reason().code, reason::kHttpStatus.code);
    EXPECT_THAT(error.message(), ::testing::EndsWith("status 500 Internal Server Error"));
  }
}

}  // namespace
}  // namespace cairn::net
