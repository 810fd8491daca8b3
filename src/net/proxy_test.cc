// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.h"

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
using cairn::testing::TempTree;
using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

// "host:port" of the proxy for a URL, or "".
std::string proxy_of(const std::string& url, Variables environment) {
  const auto proxy = find_proxy(Url::parse(url), make_http_options(std::move(environment)).environment);
  return proxy ? proxy->to_text() : "";
}

TEST(Proxy, IsChosenByScheme) {
  const Variables both = {{"http_proxy", "http://p:1"}, {"https_proxy", "q:2"}};
  EXPECT_EQ(proxy_of("http://a/", both), "p:1");
  EXPECT_EQ(proxy_of("https://a/", both), "q:2");
  EXPECT_EQ(proxy_of("http://a/", {}), "");
  EXPECT_EQ(proxy_of("http://a/", {{"all_proxy", "p:1"}}), "p:1");
  EXPECT_EQ(proxy_of("http://a/", {{"all_proxy", "p:1"}, {"http_proxy", "q:2"}}), "q:2");
  EXPECT_EQ(proxy_of("https://a/", {{"http_proxy", "p:1"}}), "");
}

TEST(Proxy, ReadsUpperCaseAfterLowerCase) {
  EXPECT_EQ(proxy_of("https://a/", {{"HTTPS_PROXY", "p:1"}}), "p:1");
  EXPECT_EQ(proxy_of("https://a/", {{"HTTPS_PROXY", "p:1"}, {"https_proxy", "q:2"}}), "q:2");
  EXPECT_EQ(proxy_of("http://a/", {{"ALL_PROXY", "p:1"}}), "p:1");
  EXPECT_EQ(proxy_of("http://a/", {{"HTTP_PROXY", "p:1"}}), "p:1");
}

TEST(Proxy, OfACgiProgramIsNotReadFromUpperCase) {
  EXPECT_EQ(proxy_of("http://a/", {{"HTTP_PROXY", "p:1"}, {"REQUEST_METHOD", "GET"}}), "");
  EXPECT_EQ(proxy_of("http://a/", {{"http_proxy", "p:1"}, {"REQUEST_METHOD", "GET"}}), "p:1");
  EXPECT_EQ(proxy_of("https://a/", {{"HTTPS_PROXY", "p:1"}, {"REQUEST_METHOD", "GET"}}), "p:1");
}

TEST(Proxy, HasCurlsDefaultPortAndMayBeAnIpv6Address) {
  EXPECT_EQ(proxy_of("http://a/", {{"http_proxy", "http://p"}}), "p:1080");
  EXPECT_EQ(proxy_of("http://a/", {{"http_proxy", "http://p:80/"}}), "p:80");
  EXPECT_EQ(proxy_of("http://a/", {{"http_proxy", "http://[fd00::1]:3128"}}), "fd00::1:3128");
  EXPECT_EQ(proxy_of("http://a/", {{"http_proxy", "http://[fd00::1]"}}), "fd00::1:1080");
}

TEST(Proxy, IsNeverUsedForLoopback) {
  for (const char* url :
       {"http://localhost/", "http://127.0.0.1:5000/", "http://127.9.9.9/", "http://[::1]/", "http://x.localhost/"}) {
    EXPECT_EQ(proxy_of(url, {{"http_proxy", "p:1"}}), "") << url;
  }
}

struct Exemption {
  const char* no_proxy;
  const char* url;
  bool exempt;
};

class NoProxy : public ::testing::TestWithParam<Exemption> {};

TEST_P(NoProxy, IsReadAsCurlReadsIt) {
  const auto& rule = GetParam();
  EXPECT_EQ(proxy_of(rule.url, {{"http_proxy", "p:1"}, {"NO_PROXY", rule.no_proxy}}).empty(), rule.exempt)
      << rule.no_proxy << " " << rule.url;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, NoProxy,
    ::testing::Values(
        Exemption{"*", "http://a/", true}, Exemption{"a", "http://a/", true}, Exemption{"a", "http://x.a/", true},
        Exemption{".a", "http://x.a/", true}, Exemption{".a", "http://a/", true}, Exemption{"*.a", "http://x.a/", true},
        Exemption{"a", "http://ba/", false}, Exemption{"A.B", "http://x.a.b/", true},
        Exemption{"b,c , a", "http://a/", true}, Exemption{"b c a", "http://c/", true},
        Exemption{"a:80", "http://a/", true}, Exemption{"a:81", "http://a/", false},
        Exemption{"10.0.0.0/8", "http://10.1.2.3/", true}, Exemption{"10.0.0.0/8", "http://11.1.2.3/", false},
        Exemption{"10.0.0.0/9", "http://10.128.0.1/", false}, Exemption{"10.0.0.0/33", "http://10.0.0.0/", false},
        Exemption{"10.0.0.0/x", "http://10.0.0.0/", false}, Exemption{"0.0.0.0/0", "http://9.9.9.9/", true},
        Exemption{"10.0.0.0/8", "http://ten.example/", false}, Exemption{"10.1.2.3", "http://10.1.2.3/", true},
        Exemption{"2.3", "http://10.1.2.3/", false}, Exemption{"fd00::/8", "http://[fd12::1]/", true},
        Exemption{"fd00::1", "http://[fd00:0::1]/", true}, Exemption{"[fd00::1]:80", "http://[fd00::1]/", true},
        Exemption{",,.,", "http://a/", false}, Exemption{"", "http://a/", false}));

TEST(Proxy, OfUnknownKindOrFormIsRefusedWithoutShowingItsPassword) {
  for (const char* value : {"socks5://u:hush@p:1", "https://u:hush@p:1", "http://u:hush@p:1/path", "http://u:hush@p:x",
                            "http://u:hush@", "http://u:hush@a b"}) {
    try {
      proxy_of("http://a/", {{"http_proxy", value}});
      FAIL() << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.reason().code, reason::kProxy.code);
      EXPECT_THAT(std::string(error.what()) + std::string(error.remedy()), Not(HasSubstr("hush")));
      EXPECT_THAT(error.what(), HasSubstr("http_proxy"));
    }
  }
}

TEST(Proxy, GetsTheWholeAddressAndItsOwnCredentials) {
  HttpServer proxy([](const ServerRequest&) { return ServerResponse{.body = "by proxy"}; });
  HttpClient client(
      make_http_options({{"http_proxy", "http://us%40er:pa%3Ass@127.0.0.1:" + std::to_string(proxy.port())}}));
  auto response = client.send(make_get("http://registry.test/v2/?a=b"));
  EXPECT_EQ(read_body(response), "by proxy");
  const auto request = proxy.requests().at(0);
  EXPECT_EQ(request.target, "http://registry.test/v2/?a=b");
  EXPECT_EQ(request.header("Host"), "registry.test");
  EXPECT_EQ(request.header("Proxy-Authorization"), "Basic dXNAZXI6cGE6c3M=");  // us@er:pa:ss
}

TEST(Proxy, OpensATunnelForHttpsAndSeesNothingOfIt) {
  HttpServer server(
      [](const ServerRequest& request) { return ServerResponse{.body = request.header("Authorization")}; },
      HttpServer::Tls{.names = {"registry.test"}});
  HttpServer proxy([&](const ServerRequest&) { return ServerResponse{.tunnel_to = server.port()}; });
  const TempTree tree;
  auto options = make_http_options({{"https_proxy", "http://u:p@127.0.0.1:" + std::to_string(proxy.port())}});
  options.ca_file = tree.write("ca.pem", HttpServer::ca_pem());
  HttpClient client(options);
  for (int i = 0; i < 2; ++i) {
    HttpRequest request = make_get("https://registry.test/v2/");
    request.headers.set("Authorization", "Bearer t");
    auto response = client.send(request);
    EXPECT_EQ(read_body(response), "Bearer t");
  }
  ASSERT_EQ(proxy.requests().size(), 1U) << "the tunnel is kept";
  const auto request = proxy.requests().at(0);
  EXPECT_EQ(request.method, "CONNECT");
  EXPECT_EQ(request.target, "registry.test:443");
  EXPECT_EQ(request.header("Proxy-Authorization"), "Basic dTpw");
  EXPECT_FALSE(request.has("Authorization"));
  EXPECT_FALSE(server.requests().at(0).has("Proxy-Authorization"));
}

TEST(Proxy, ChecksTheServersCertificateThroughTheTunnel) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{}; }, HttpServer::Tls{.names = {"other.test"}});
  HttpServer proxy([&](const ServerRequest&) { return ServerResponse{.tunnel_to = server.port()}; });
  const TempTree tree;
  auto options = make_http_options({{"https_proxy", "127.0.0.1:" + std::to_string(proxy.port())}});
  options.ca_file = tree.write("ca.pem", HttpServer::ca_pem());
  HttpClient client(options);
  try {
    client.send(make_get("https://registry.test/"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kTls.code);
  }
}

TEST(Proxy, ThatRefusesATunnelIsNamed) {
  HttpServer proxy([](const ServerRequest&) { return ServerResponse{.status = 407, .body = "who?"}; });
  HttpClient client(make_http_options({{"https_proxy", "127.0.0.1:" + std::to_string(proxy.port())}}));
  try {
    client.send(make_get("https://registry.test/"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kProxy.code);
    EXPECT_THAT(error.what(), HasSubstr("status 407"));
    EXPECT_THAT(std::string(error.remedy()), HasSubstr("credentials"));
  }
}

TEST(Proxy, ThatIsDeadIsNamed) {
  HttpClient client(make_http_options({{"http_proxy", "127.0.0.1:1"}}));
  try {
    client.send(make_get("http://registry.test/"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kConnect.code);
    EXPECT_THAT(error.what(), HasSubstr("proxy 127.0.0.1:1"));
  }
}

}  // namespace
}  // namespace cairn::net
