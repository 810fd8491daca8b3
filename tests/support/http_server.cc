// SPDX-License-Identifier: Apache-2.0
#include "support/http_server.h"

#include "core/error.h"
#include "core/text.h"
#include "core/unique_fd.h"
#include "support/server_tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <thread>

namespace cairn::testing {
namespace {

// Leaves the thread of a connection: the peer went away or the server stops.
struct HungUp {};

bool same_name(std::string_view a, std::string_view b) { return to_lower(a) == to_lower(b); }

UniqueFd connect_loopback(std::uint16_t port) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw HungUp();
  return socket;
}

}  // namespace

std::string ServerRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

bool ServerRequest::has(std::string_view name) const {
  for (const auto& field : headers) {
    if (same_name(field.first, name)) return true;
  }
  return false;
}

struct HttpServer::State {
  State(Handler given, const Tls* tls);
  ~State();

  void accept_all();
  void serve(int socket, std::uint64_t number);
  void pause(milliseconds duration) const;
  void answer(ServerConnection& connection, const ServerResponse& response, const ServerRequest& request) const;
  void send_body(ServerConnection& connection, const ServerResponse& response) const;
  void drip(ServerConnection& connection, std::string_view data, const ServerResponse& response) const;
  void join_tunnel(int socket, std::uint16_t port) const;

  Handler handler;
  std::unique_ptr<ServerTls> tls;
  std::string name = "127.0.0.1";
  UniqueFd listener;
  std::uint16_t port = 0;
  std::atomic<bool> stopping = false;
  mutable std::mutex mutex;
  std::vector<ServerRequest> requests;
  std::uint64_t connections = 0;
  std::list<UniqueFd> sockets;
  std::list<std::thread> threads;
  std::thread acceptor;
};

HttpServer::State::State(Handler given, const Tls* wanted) : handler(std::move(given)) {
  if (wanted != nullptr) {
    name = wanted->names.front();
    tls = std::make_unique<ServerTls>(wanted->names, wanted->validity == Tls::Validity::expired);
  }
  listener = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener.get(), 64) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw system_error(errno, "starting a test server");
  }
  port = ntohs(address.sin_port);
  acceptor = std::thread([this] { accept_all(); });
}

HttpServer::State::~State() {
  stopping = true;
  ::shutdown(listener.get(), SHUT_RDWR);
  acceptor.join();
  for (const auto& socket : sockets) ::shutdown(socket.get(), SHUT_RDWR);
  for (auto& thread : threads) thread.join();
}

void HttpServer::State::accept_all() {
  while (!stopping) {
    UniqueFd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    const int one = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const std::scoped_lock lock(mutex);
    const std::uint64_t number = connections++;
    const int fd = socket.get();
    sockets.push_back(std::move(socket));  // closed with the server only, so that no thread sees its number reused
    threads.emplace_back([this, fd, number] {
      try {
        serve(fd, number);
      } catch (const HungUp&) {
      } catch (const ServerConnection::Ended&) {
      }
      ::shutdown(fd, SHUT_RDWR);
    });
  }
}

void HttpServer::State::pause(milliseconds duration) const {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    if (stopping) throw HungUp();
    std::this_thread::sleep_for(std::min(milliseconds(5), duration));
  }
}

void HttpServer::State::serve(int socket, std::uint64_t number) {
  ServerConnection connection(socket, tls.get());
  if (connection.looks_like_tls()) return connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  while (!stopping) {
    ServerRequest request;
    request.connection = number;
    const auto first = split(connection.read_line(), ' ');
    if (first.size() != 3) throw HungUp();
    request.method = first[0];
    request.target = first[1];
    for (std::string line = connection.read_line(); !line.empty(); line = connection.read_line()) {
      const std::size_t colon = line.find(':');
      request.headers.emplace_back(line.substr(0, colon), trim(std::string_view(line).substr(colon + 1)));
    }
    const bool skip = request.has("Test-Skip-Body");
    if (!skip) request.body = connection.read_exactly(parse_number(request.header("Content-Length")).value_or(0));
    {
      const std::scoped_lock lock(mutex);
      requests.push_back(request);
    }
    const ServerResponse response = handler(request);
    answer(connection, response, request);
    if (response.tunnel_to) return join_tunnel(socket, *response.tunnel_to);
    if (response.close || response.raw || response.framing == ServerResponse::Framing::until_close) return;
  }
}

void HttpServer::State::answer(ServerConnection& connection, const ServerResponse& response,
                               const ServerRequest& request) const {
  pause(response.delay);
  if (response.raw) return drip(connection, *response.raw, response);
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " Test\r\n";
  for (const auto& [key, value] : response.headers) head += key + ": " + value + "\r\n";
  const bool bare = response.status == 204 || response.status == 304 || response.tunnel_to;
  if (response.framing == ServerResponse::Framing::chunked) head += "Transfer-Encoding: chunked\r\n";
  if (response.framing == ServerResponse::Framing::length && !bare) {
    head += "Content-Length: " + std::to_string(response.claimed_length.value_or(response.body.size())) + "\r\n";
  }
  connection.write(head + "\r\n");
  if (request.method != "HEAD" && !bare) send_body(connection, response);
}

void HttpServer::State::send_body(ServerConnection& connection, const ServerResponse& response) const {
  const std::string_view body =
      std::string_view(response.body).substr(0, response.cut_after.value_or(std::string::npos));
  drip(connection, body, response);
  if (response.cut_after) throw HungUp();
  if (response.framing == ServerResponse::Framing::chunked) connection.write("0\r\n\r\n");
}

void HttpServer::State::drip(ServerConnection& connection, std::string_view data,
                             const ServerResponse& response) const {
  const bool chunked = response.framing == ServerResponse::Framing::chunked;
  const std::size_t step = response.drip_bytes > 0 ? response.drip_bytes : 64 * 1024;
  for (std::size_t at = 0; at < data.size(); at += step) {
    const std::string_view piece = data.substr(at, step);
    connection.write(chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : std::string(piece));
    pause(response.drip_pause);
  }
}

// Copies both ways until either side ends.
void HttpServer::State::join_tunnel(int socket, std::uint16_t target) const {
  const UniqueFd other = connect_loopback(target);
  std::vector<char> buffer(64 * 1024);
  while (!stopping) {
    pollfd ends[2] = {{socket, POLLIN, 0}, {other.get(), POLLIN, 0}};
    ::poll(ends, 2, 20);
    for (int i = 0; i < 2; ++i) {
      if (ends[i].revents == 0) continue;
      const ssize_t count = ::recv(ends[i].fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      if (::send(ends[1 - i].fd, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) return;
    }
  }
}

HttpServer::HttpServer(Handler handler) : state_(std::make_unique<State>(std::move(handler), nullptr)) {}
HttpServer::HttpServer(Handler handler, const Tls& tls) : state_(std::make_unique<State>(std::move(handler), &tls)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return state_->port; }

std::string HttpServer::url(std::string_view path) const {
  return fmt::format("{}://{}:{}{}", state_->tls ? "https" : "http", state_->name, state_->port, path);
}

const std::string& HttpServer::ca_pem() { return ServerTls::ca_pem(); }

std::vector<ServerRequest> HttpServer::requests() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->requests;
}

std::uint64_t HttpServer::connections() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->connections;
}

}  // namespace cairn::testing
