// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"
#include "net/http_client.h"
#include "net/reasons.h"
#include "support/http_server.h"
#include "support/http_session.h"
#include "support/temp_tree.h"

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
using ::testing::HasSubstr;

ServerResponse redirect(int status, const std::string& location) {
  return {.status = status, .headers = {{"Location", location}}, .body = "moved"};
}

HttpRequest with_credentials(HttpRequest request) {
  request.headers.set("Authorization", "Bearer hush");
  request.headers.set("cookie", "a=hush");
  request.headers.set("Proxy-Authorization", "Basic hush");
  request.headers.set("X-Other", "kept");
  return request;
}

TEST(Redirect, IsFollowedWithCredentialsWithinTheOrigin) {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/a/b") return redirect(302, "../c?x=1");
    return ServerResponse{.body = request.target};
  });
  HttpClient client(make_http_options());
  auto response = client.send(with_credentials(make_get(server.url("/a/b"))));
  EXPECT_EQ(read_body(response), "/c?x=1");
  EXPECT_EQ(response.url.target, "/c?x=1");
  EXPECT_EQ(server.requests().at(1).header("Authorization"), "Bearer hush");
  EXPECT_EQ(server.connections(), 1U) << "the redirect's body is read, so the connection serves again";
}

TEST(Redirect, LeavesCredentialsBehindWhenItLeavesTheOrigin) {
  HttpServer other([](const ServerRequest&) { return ServerResponse{.body = "there"}; });
  HttpServer server([&](const ServerRequest&) { return redirect(307, other.url("/blob?signature=hush")); });
  HttpClient client(make_http_options());
  auto response = client.send(with_credentials(make_get(server.url())));
  EXPECT_EQ(read_body(response), "there");
  const auto request = other.requests().at(0);
  EXPECT_FALSE(request.has("Authorization"));
  EXPECT_FALSE(request.has("Cookie"));
  EXPECT_FALSE(request.has("Proxy-Authorization"));
  EXPECT_EQ(request.header("X-Other"), "kept");
  EXPECT_EQ(request.header("Host"), "127.0.0.1:" + std::to_string(other.port()));
}

TEST(Redirect, DoesNotTakeCredentialsUpAgainWhenItComesBack) {
  std::string back;
  HttpServer other([&](const ServerRequest&) { return redirect(307, back); });
  HttpServer server([&](const ServerRequest& request) {
    return request.target == "/start" ? redirect(307, other.url()) : ServerResponse{.body = "end"};
  });
  back = server.url("/end");
  HttpClient client(make_http_options());
  auto response = client.send(with_credentials(make_get(server.url("/start"))));
  EXPECT_EQ(read_body(response), "end");
  EXPECT_FALSE(server.requests().at(1).has("Authorization"));
}

struct MethodRule {
  int status;
  const char* before;
  const char* after;
  bool body;
};

class RedirectMethod : public ::testing::TestWithParam<MethodRule> {};

TEST_P(RedirectMethod, FollowsTheStandard) {
  const auto& rule = GetParam();
  HttpServer server([&](const ServerRequest& request) {
    return request.target == "/a" ? redirect(rule.status, "/b") : ServerResponse{.body = "end"};
  });
  HttpClient client(make_http_options());
  HttpRequest request{.method = rule.before, .url = Url::parse(server.url("/a"))};
  if (rule.body || request.method == "POST") {
    request.headers.set("Content-Type", "text/plain");
    request.open_body = [] { return std::make_unique<TextSource>("payload"); };
    request.body_size = 7;
  }
  EXPECT_EQ(client.send(request).status, 200);
  const auto second = server.requests().at(1);
  EXPECT_EQ(second.method, rule.after);
  EXPECT_EQ(second.body, rule.body ? "payload" : "");
  EXPECT_EQ(second.has("Content-Type"), rule.body);
}

INSTANTIATE_TEST_SUITE_P(Rules, RedirectMethod,
                         ::testing::Values(MethodRule{301, "POST", "GET", false}, MethodRule{302, "POST", "GET", false},
                                           MethodRule{303, "POST", "GET", false}, MethodRule{303, "PUT", "GET", false},
                                           MethodRule{303, "HEAD", "HEAD", false},
                                           MethodRule{302, "HEAD", "HEAD", false}, MethodRule{301, "PUT", "PUT", true},
                                           MethodRule{307, "POST", "POST", true}, MethodRule{308, "PUT", "PUT", true},
                                           MethodRule{308, "GET", "GET", false}));

TEST(Redirect, EndsAfterTheAllowedNumber) {
  HttpServer server([](const ServerRequest& request) { return redirect(302, request.target + "x"); });
  HttpClient client(make_http_options());
  HttpRequest request = make_get(server.url("/"));
  request.max_redirects = 3;
  try {
    client.send(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kTooManyRedirects.code);
  }
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST(Redirect, IsReturnedWhenNoneIsWantedOrItHasNoLocation) {
  HttpServer server([](const ServerRequest& request) {
    return request.target == "/bare" ? ServerResponse{.status = 302} : redirect(301, "/x");
  });
  HttpClient client(make_http_options());
  HttpRequest request = make_get(server.url("/"));
  request.max_redirects = 0;
  EXPECT_EQ(client.send(request).status, 301);
  EXPECT_EQ(client.send(make_get(server.url("/bare"))).status, 302);
}

TEST(Redirect, NeverGoesFromHttpsToHttp) {
  HttpServer plain([](const ServerRequest&) { return ServerResponse{.body = "leaked"}; });
  HttpServer server([&](const ServerRequest&) { return redirect(302, plain.url("/x?signature=hush")); },
                    HttpServer::Tls{});
  cairn::testing::TempTree tree;
  auto options = make_http_options();
  options.ca_file = tree.write("ca.pem", HttpServer::ca_pem());
  HttpClient client(options);
  try {
    client.send(make_get(server.url()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kInsecureRedirect.code);
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("hush")));
  }
  EXPECT_TRUE(plain.requests().empty());
}

TEST(Redirect, RefusesTargetsThatAreNoHttp) {
  for (const char* location : {"file:///etc/passwd", "http://user:hush@127.0.0.1/", "gopher://x/", "http://a b/"}) {
    HttpServer server([&](const ServerRequest&) { return redirect(302, location); });
    HttpClient client(make_http_options());
    try {
      client.send(make_get(server.url()));
      FAIL() << location;
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kBadUrl.code);
      EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("hush")));
    }
  }
}

TEST(Redirect, SurvivesARedirectWithABrokenBody) {
  HttpServer server([](const ServerRequest& request) {
    if (request.target == "/end") return ServerResponse{.body = "end"};
    ServerResponse response = redirect(302, "/end");
    response.cut_after = 1;
    return response;
  });
  HttpClient client(make_http_options());
  auto response = client.send(make_get(server.url("/")));
  EXPECT_EQ(read_body(response), "end");
}

}  // namespace
}  // namespace cairn::net
