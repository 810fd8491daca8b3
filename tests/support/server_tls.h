// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace cairn::testing {

// A server certificate made in memory and signed by a CA made in memory, new in each program run.
class ServerTls {
 public:
  ServerTls(const std::vector<std::string>& names, bool expired);

  static const std::string& ca_pem();
  ssl_ctx_st* context() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

// The server's end of one connection, blocking, plain or TLS.
class ServerConnection {
 public:
  // Thrown when the peer has gone.
  struct Ended {};

  // Borrows the socket. With `tls` it shakes hands first.
  ServerConnection(int socket, const ServerTls* tls);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // Whether what comes, in the clear, is a TLS handshake record.
  bool looks_like_tls();
  // Without its line end.
  std::string read_line();
  std::string read_exactly(std::size_t size);
  void write(std::string_view data);

 private:
  void fill();

  int socket_;
  ssl_st* ssl_ = nullptr;
  std::string input_;
};

}  // namespace cairn::testing
