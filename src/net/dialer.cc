// SPDX-License-Identifier: Apache-2.0
#include "net/dialer.h"

#include "core/error.h"
#include "net/exchange.h"
#include "net/reasons.h"
#include "net/tcp.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <cerrno>

namespace cairn::net {
namespace {

// Asks a proxy for a tunnel to the origin (RFC 9110 section 9.3.6). The conversation goes over a second descriptor of
// the same socket, so that `socket` stays with the caller.
void open_tunnel(const UniqueFd& socket, const Route& route, HttpOptions options, const Patience& patience) {
  UniqueFd duplicate(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  if (!duplicate) throw system_error(errno, "duplicating a socket");
  options.header_timeout = options.idle_timeout = patience.left();
  const std::string host = route.url.host.find(':') == std::string::npos ? route.url.host : "[" + route.url.host + "]";
  const std::string target = fmt::format("{}:{}", host, route.url.port);
  std::string head =
      fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n", target, target, options.user_agent);
  if (!route.proxy->authorization.empty()) {
    head += fmt::format("Proxy-Authorization: {}\r\n", route.proxy->authorization.reveal());
  }
  Exchange exchange(std::make_unique<TcpStream>(std::move(duplicate)), options, *patience.interrupt);
  exchange.send(head + "\r\n", nullptr, 0);
  const int status = exchange.read_head(Exchange::Expect::no_body).status;
  if (status / 100 == 2) return;
  Error error(reason::kProxy, "proxy {} refuses a tunnel to {}: status {}", route.proxy->to_text(), target, status);
  if (status == 407) error.set_remedy("Give the proxy's credentials in its address: http://USER:PASSWORD@HOST:PORT.");
  throw error;
}

// Adds the proxy to errors of the first leg, which else would name a host that nobody asked for.
UniqueFd connect_first_leg(const Route& route, const Patience& patience) {
  if (!route.proxy) return connect_tcp(route.url.host, route.url.port, patience);
  return with_context("proxy " + route.proxy->to_text(),
                      [&] { return connect_tcp(route.proxy->host, route.proxy->port, patience); });
}

}  // namespace

std::string Route::place() const {
  const std::string origin = url.scheme + "://" + url.authority();
  return proxy ? fmt::format("{} by {}", origin, proxy->to_text()) : origin;
}

const TlsContext& Dialer::tls() {
  std::call_once(tls_made_, [this] {
    const auto verify = options_.verify_tls ? TlsContext::Verify::chain_and_name : TlsContext::Verify::nothing;
    tls_ = std::make_unique<TlsContext>(options_.ca_file, verify, options_.tls, options_.environment);
  });
  return *tls_;
}

std::unique_ptr<ByteStream> Dialer::dial(const Route& route, const Interrupt& interrupt) {
  const Patience patience(options_.connect_timeout, interrupt, "connecting to " + route.url.host);
  UniqueFd socket = connect_first_leg(route, patience);
  if (route.is_tunnel()) open_tunnel(socket, route, options_, patience);
  if (route.url.scheme == "http") return std::make_unique<TcpStream>(std::move(socket));
  const std::string& name = options_.tls.server_name.empty() ? route.url.host : options_.tls.server_name;
  return tls().connect(std::move(socket), name, patience);
}

}  // namespace cairn::net
