// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include "net/byte_stream.h"
#include "net/http_client.h"
#include "net/reasons.h"
#include "net/tcp.h"
#include "support/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

ServerResponse hello(const ServerRequest& request) {
  if (request.path == "/broken") throw Error(reason::kHttpStatus, "secret detail");
  return {.body = request.path};
}

// Sends `text` as it is and reads to the end.
std::string raw(std::uint16_t port, const std::string& text) {
  const Interrupt never{std::stop_token()};
  const Patience patience(milliseconds(20'000), never, "talking to the server");
  TcpStream stream(connect_tcp("127.0.0.1", port, patience));
  std::string answer;
  try {
    stream.write(as_bytes(text), patience);
    std::array<std::byte, 4096> chunk;
    while (const std::size_t count = stream.read(chunk, patience)) answer += as_text(Bytes(chunk).first(count));
  } catch (const Error&) {  // recovers what came before the server hung up
  }
  return answer;
}

TEST(HttpServer, AnswersWithoutTheQuery) {
  const HttpServer server({}, hello);
  HttpClient client(testing::make_http_options());
  for (int i = 0; i < 3; ++i) {
    auto response = client.send(testing::make_get(fmt::format("http://127.0.0.1:{}/metrics?x=1", server.port())));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(testing::read_body(response), "/metrics");
  }
  EXPECT_THAT(raw(server.port(), "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n"), ::testing::EndsWith("\r\n\r\n"));
}

TEST(HttpServer, RefusesWhatIsNoSmallRequest) {
  const HttpServer server({.max_header_bytes = 1024}, hello);
  EXPECT_THAT(raw(server.port(), "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(raw(server.port(), "POST / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(raw(server.port(), "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(raw(server.port(), "GET / HTTP/1.1\r\nX: " + std::string(3000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  const std::string broken = raw(server.port(), "GET /broken HTTP/1.1\r\n\r\n");
  EXPECT_THAT(broken, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(broken, ::testing::Not(HasSubstr("secret")));
}

TEST(HttpServer, ASlowClientIsCutAndOthersAreServed) {
  const HttpServer server({.threads = 1, .request_timeout = milliseconds(200)}, hello);
  const Interrupt never{std::stop_token()};
  TcpStream slow(connect_tcp("127.0.0.1", server.port(), Patience(milliseconds(5'000), never, "connecting")));
  slow.write(as_bytes("GET /"), Patience(milliseconds(5'000), never, "sending"));
  EXPECT_THAT(raw(server.port(), "GET /fast HTTP/1.1\r\n\r\n"), HasSubstr("/fast"));
}

TEST(HttpServer, AnAddressThatIsTakenIsToldWithItsPort) {
  const HttpServer first({}, hello);
  try {
    const HttpServer second({.port = first.port()}, hello);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kListen.code);
    EXPECT_THAT(error.message(), HasSubstr(std::to_string(first.port())));
  }
}

}  // namespace
}  // namespace cairn::net
