// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"
#include "core/reasons.h"
#include "net/http_client.h"
#include "net/reasons.h"
#include "support/http_server.h"
#include "support/http_session.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using cairn::testing::TempTree;
using ::testing::HasSubstr;

ServerResponse hello(const ServerRequest&) { return {.body = "hello"}; }

HttpOptions trusting(const TempTree& tree) {
  auto options = make_http_options();
  options.ca_file = tree.write("ca.pem", HttpServer::ca_pem());
  return options;
}

Error failure_of(HttpClient& client, const std::string& url) {
  try {
    auto response = client.send(make_get(url));
    read_body(response);
  } catch (const Error& error) {
    return error;
  }
  return Error(cairn::reason::kInternal, "no failure");
}

TEST(Tls, TrustsTheGivenAuthority) {
  HttpServer server(hello, HttpServer::Tls{});
  const TempTree tree;
  HttpClient client(trusting(tree));
  for (int i = 0; i < 3; ++i) {
    auto response = client.send(make_get(server.url()));
    EXPECT_EQ(read_body(response), "hello");
  }
  EXPECT_EQ(server.connections(), 1U) << "session tickets must not look like unexpected input";
}

TEST(Tls, TrustsTheAuthorityOfTheSettingsAndNoOther) {
  HttpServer server(hello, HttpServer::Tls{.names = {"api.local", "localhost"}});
  auto options = make_http_options();
  options.tls.ca = HttpServer::ca_pem();
  options.tls.server_name = "api.local";
  HttpClient client(options);
  const std::string url = fmt::format("https://127.0.0.1:{}/", server.port());
  auto response = client.send(make_get(url));
  EXPECT_EQ(read_body(response), "hello");

  options.tls.server_name = "other.local";
  HttpClient other_name(options);
  EXPECT_THAT(failure_of(other_name, url).message(), HasSubstr("not for other.local"));
  options.tls.ca = "no PEM";
  HttpClient no_pem(options);
  EXPECT_THAT(failure_of(no_pem, url).message(), HasSubstr("no certificates that can be read"));
  options.tls.ca = HttpServer::ca_pem();
  options.tls.certificate = HttpServer::ca_pem();
  options.tls.key = Secret("no key");
  HttpClient no_key(options);
  EXPECT_THAT(failure_of(no_key, url).message(), HasSubstr("cannot be used with its key"));
}

TEST(Tls, TrustsTheFileOfTheEnvironment) {
  HttpServer server(hello, HttpServer::Tls{});
  const TempTree tree;
  HttpClient client(make_http_options({{"SSL_CERT_FILE", tree.write("ca.pem", HttpServer::ca_pem())}}));
  EXPECT_EQ(client.send(make_get(server.url())).status, 200);
}

TEST(Tls, ChecksAddressesToo) {
  HttpServer server(hello, HttpServer::Tls{.names = {"127.0.0.1"}});
  const TempTree tree;
  HttpClient client(trusting(tree));
  EXPECT_EQ(client.send(make_get(server.url())).status, 200);
  HttpServer other(hello, HttpServer::Tls{.names = {"127.0.0.2"}});
  for (const std::string& url :
       {"https://localhost:" + std::to_string(server.port()), "https://127.0.0.1:" + std::to_string(other.port())}) {
    EXPECT_EQ(failure_of(client, url).reason().code, reason::kTls.code) << url;
  }
}

TEST(Tls, RefusesAnUnknownAuthorityAndSaysWhatHelps) {
  HttpServer server(hello, HttpServer::Tls{});
  HttpClient client(make_http_options());
  const Error error = failure_of(client, server.url("/?token=hush"));
  EXPECT_EQ(error.reason().code, reason::kTls.code);
  EXPECT_THAT(error.what(), HasSubstr("the certificate of host localhost is not trusted: unable to get local issuer"));
  EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("hush")));
  EXPECT_THAT(std::string(error.remedy()), HasSubstr("--ca-file"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(Tls, RefusesACertificateForAnotherName) {
  HttpServer server(hello, HttpServer::Tls{.names = {"registry.test", "other.test"}});
  const TempTree tree;
  HttpClient client(trusting(tree));
  const Error error = failure_of(client, "https://localhost:" + std::to_string(server.port()));
  EXPECT_EQ(error.reason().code, reason::kTls.code);
  EXPECT_THAT(error.what(), HasSubstr("is for registry.test, other.test, not for localhost"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(Tls, RefusesAnExpiredCertificate) {
  HttpServer server(hello, HttpServer::Tls{.names = {"localhost"}, .validity = HttpServer::Tls::Validity::expired});
  const TempTree tree;
  HttpClient client(trusting(tree));
  const Error error = failure_of(client, server.url());
  EXPECT_EQ(error.reason().code, reason::kTls.code);
  EXPECT_THAT(error.what(), HasSubstr("certificate has expired"));
  EXPECT_THAT(std::string(error.remedy()), HasSubstr("clock"));
}

TEST(Tls, ChecksNothingOnlyWhenTold) {
  HttpServer server(hello, HttpServer::Tls{.names = {"registry.test"}});
  auto options = make_http_options();
  options.verify_tls = false;
  HttpClient client(options);
  EXPECT_EQ(client.send(make_get("https://localhost:" + std::to_string(server.port()))).status, 200);
}

TEST(Tls, NamesACaFileThatCannotBeRead) {
  const TempTree tree;
  auto options = make_http_options();
  options.ca_file = tree.path("missing.pem");
  HttpServer server(hello, HttpServer::Tls{});
  {
    HttpClient client(options);
    const Error error = failure_of(client, server.url());
    EXPECT_EQ(error.reason().code, reason::kTls.code);
    EXPECT_THAT(error.what(), HasSubstr("missing.pem"));
    EXPECT_THAT(error.what(), HasSubstr("No such file"));
  }
  options.ca_file = tree.write("text.pem", "hello");
  HttpClient client(options);
  EXPECT_EQ(failure_of(client, server.url()).reason().code, reason::kTls.code);
}

TEST(Tls, SaysSoWhenThePortSpeaksPlainHttp) {
  HttpServer server(hello);
  const TempTree tree;
  HttpClient client(trusting(tree));
  const Error error = failure_of(client, "https://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(error.reason().code, reason::kTls.code) << error.what();
  EXPECT_THAT(std::string(error.remedy()), HasSubstr("plain HTTP"));
}

TEST(Tls, ACutIsNoEndOfTheBody) {
  HttpServer server(
      [](const ServerRequest&) {
        return ServerResponse{
            .body = std::string(5000, 'x'), .framing = ServerResponse::Framing::until_close, .cut_after = 100};
      },
      HttpServer::Tls{});
  const TempTree tree;
  HttpClient client(trusting(tree));
  EXPECT_EQ(failure_of(client, server.url()).reason().code, reason::kConnectionLost.code)
      << "without TLS's own end anybody on the way could shorten a body";
}

TEST(Tls, MovesMegabytesBothWays) {
  HttpServer server([](const ServerRequest& request) { return ServerResponse{.body = request.body}; },
                    HttpServer::Tls{});
  const TempTree tree;
  HttpClient client(trusting(tree));
  std::string big;
  while (big.size() < 3'000'000) big += std::to_string(big.size());
  HttpRequest request{.method = "PUT", .url = Url::parse(server.url())};
  request.open_body = [&] { return std::make_unique<TextSource>(big); };
  request.body_size = big.size();
  auto response = client.send(request);
  EXPECT_EQ(read_body(response), big);
}

TEST(Tls, SurvivesAServerThatHangsUpWhileItIsSentTo) {
  HttpServer server([](const ServerRequest&) { return ServerResponse{.raw = ""}; }, HttpServer::Tls{});
  const TempTree tree;
  HttpClient client(trusting(tree));
  const std::string big(8 << 20, 'x');
  HttpRequest request{
      .method = "PUT", .url = Url::parse(server.url()), .headers = {{"Test-Skip-Body", "1"}}, .body = big};
  try {
    client.send(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kConnectionLost.code);
  }
}

TEST(Tls, HasADeadlineForTheHandshake) {
  HttpServer server(hello, HttpServer::Tls{});
  HttpServer silent(
      [&](const ServerRequest&) { return ServerResponse{.delay = milliseconds(20'000), .tunnel_to = server.port()}; });
  const TempTree tree;
  auto options = trusting(tree);
  options.connect_timeout = milliseconds(300);
  options.environment = make_http_options({{"https_proxy", "127.0.0.1:" + std::to_string(silent.port())}}).environment;
  HttpClient client(options);
  EXPECT_EQ(failure_of(client, "https://registry.test/").kind(), ErrorKind::timed_out);
}

TEST(Tls, EightThreadsShareOneClient) {
  HttpServer server(hello, HttpServer::Tls{});
  const TempTree tree;
  HttpClient client(trusting(tree));
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) {
          auto response = client.send(make_get(server.url()));
          if (read_body(response) == "hello") ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace cairn::net
