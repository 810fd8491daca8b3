// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/byte_stream.h"
#include "net/http_client.h"

#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace cairn::net {

struct ResponseHead {
  int status = 0;
  Headers headers;
};

// One request and its answer (RFC 9112) on one connection.
class Exchange {
 public:
  // Whether the answer can have a body: not that of HEAD or CONNECT.
  enum class Expect { body, no_body };

  // `options` and `interrupt` outlive the exchange.
  Exchange(std::unique_ptr<ByteStream> stream, const HttpOptions& options, const Interrupt& interrupt);
  ~Exchange();

  // Sends the head and `size` bytes of `body` (null: none). A server may answer and hang up before it has read all: a
  // cut while sending is only kept, and thrown by read_head() if no answer came.
  void send(std::string_view head, Source* body, std::uint64_t size);

  // Reads the head of the final answer (1xx are skipped). Throws kConnectionLost, kHttpProtocol, kTimedOut, kCanceled.
  ResponseHead read_head(Expect expect);
  // At least one byte of body; 0 is its end. A body that is shorter than promised throws kConnectionLost.
  std::size_t read_body(MutableBytes out);

  bool body_done() const;
  // Whether a byte of the answer has come.
  bool answered() const { return answered_; }
  // The connection, once the body is done; null if it cannot carry another request.
  std::unique_ptr<ByteStream> release();

 private:
  struct Parser;

  void send_body(Source& body, std::uint64_t size);
  std::size_t unparsed() const { return end_ - begin_; }
  ResponseHead read_one_head(Expect expect, const Patience& patience);
  bool fill(const Patience& patience);
  void parse();

  std::unique_ptr<ByteStream> stream_;
  const HttpOptions& options_;
  const Interrupt& interrupt_;
  std::unique_ptr<Parser> parser_;
  std::vector<char> buffer_;  // [begin_, end_) was read from the connection and is not yet parsed
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool answered_ = false;
  std::exception_ptr send_failure_;
};

}  // namespace cairn::net
