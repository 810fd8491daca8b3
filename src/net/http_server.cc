// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include "core/log.h"
#include "core/text.h"
#include "core/unique_fd.h"
#include "net/byte_stream.h"
#include "net/reasons.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

namespace cairn::net {
namespace {

namespace http = boost::beast::http;

constexpr int kBacklog = 64;

Error cannot_listen(const HttpServerOptions& options, int error_number) {
  return Error(reason::kListen, "address {} port {}: {}", printable(options.address, 64), options.port,
               std::generic_category().message(error_number));
}

UniqueFd listen_at(const HttpServerOptions& options) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, options.address.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
    v4->sin_port = htons(options.port);
    size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, options.address.c_str(), &v6->sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
    v6->sin6_port = htons(options.port);
    size = sizeof *v6;
  } else {
    throw cannot_listen(options, EINVAL);
  }
  UniqueFd listener(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int one = 1;
  if (!listener || ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      ::listen(listener.get(), kBacklog) != 0) {
    throw cannot_listen(options, errno);
  }
  return listener;
}

std::uint16_t port_of(int listener) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&storage), &size);
  return ntohs(storage.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                                            : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
}

std::string_view phrase(int status) {
  const auto text = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {text.data(), text.size()};
}

}  // namespace

struct HttpServer::State {
  State(const HttpServerOptions& given, Handler to_call)
      : options(given), handler(std::move(to_call)), listener(listen_at(given)) {
    for (std::size_t i = 0; i < options.threads; ++i) {
      threads.emplace_back([this](const std::stop_token& stop) { accept_all(stop); });
    }
  }

  void accept_all(const std::stop_token& stop);
  void serve(UniqueFd socket, const Interrupt& interrupt) const;
  ServerResponse answer(ByteStream& stream, const Interrupt& interrupt, bool& head_only) const;

  const HttpServerOptions options;
  const Handler handler;
  const UniqueFd listener;
  std::vector<std::jthread> threads;
};

void HttpServer::State::accept_all(const std::stop_token& stop) {
  const Interrupt interrupt(stop);
  while (!stop.stop_requested()) {
    pollfd waited[2] = {{listener.get(), POLLIN, 0}, {interrupt.fd(), POLLIN, 0}};
    ::poll(waited, 2, -1);
    if (stop.stop_requested()) return;
    UniqueFd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
      // Another thread was faster, or no descriptors are left: then a pause keeps us from turning in circles.
      if (errno != EAGAIN) std::this_thread::sleep_for(milliseconds(50));
      continue;
    }
    try {
      serve(std::move(socket), interrupt);
    } catch (const Error& error) {  // a session's edge
      log::debug("a request failed", {{"error", error.what()}});
    }
  }
}

void HttpServer::State::serve(UniqueFd socket, const Interrupt& interrupt) const {
  TcpStream stream(std::move(socket));
  bool head_only = false;
  const ServerResponse response = answer(stream, interrupt, head_only);
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nX-Content-Type-Options: "
      "nosniff\r\n\r\n",
      response.status, phrase(response.status), response.content_type, response.body.size());
  if (!head_only) text += response.body;
  stream.write(as_bytes(text), Patience(options.request_timeout, interrupt, "sending an answer"));
}

ServerResponse HttpServer::State::answer(ByteStream& stream, const Interrupt& interrupt, bool& head_only) const {
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
  parser.body_limit(std::uint64_t(0));
  const Patience patience(options.request_timeout, interrupt, "reading a request");
  std::array<std::byte, 4096> chunk;
  std::string unparsed;
  while (!parser.is_header_done()) {
    const std::size_t count = stream.read(chunk, patience);
    if (count == 0) throw Error(reason::kConnectionLost, "the client closed the connection without a request");
    unparsed += as_text(Bytes(chunk).first(count));
    boost::system::error_code problem;
    unparsed.erase(0, parser.put(boost::asio::buffer(unparsed), problem));
    if (problem == http::error::header_limit || unparsed.size() > options.max_header_bytes) return {.status = 431};
    if (problem == http::error::body_limit) return {.status = 413};
    if (problem && problem != http::error::need_more) return {.status = 400};
  }
  const auto& message = parser.get();
  const std::string_view target(message.target().data(), message.target().size());
  head_only = message.method() == http::verb::head;
  if (!head_only && message.method() != http::verb::get) return {.status = 405};
  if (parser.content_length().value_or(0) > 0 || parser.chunked()) return {.status = 413};
  try {
    return handler({.method = head_only ? "HEAD" : "GET", .path = std::string(target.substr(0, target.find('?')))});
  } catch (const std::exception& error) {  // a session's edge
    log::error("a request could not be answered", {{"path", printable(target, 200)}, {"error", error.what()}});
    return {.status = 500, .body = "the request could not be answered; the log says why\n"};
  }
}

HttpServer::HttpServer(const HttpServerOptions& options, Handler handler)
    : state_(std::make_unique<State>(options, std::move(handler))) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return port_of(state_->listener.get()); }

}  // namespace cairn::net
