// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/error.h"
#include "core/stream.h"
#include "core/unique_fd.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace cairn::net {

// Turns a stop request into a readable descriptor, so that a poll on a socket ends at once.
class Interrupt {
 public:
  explicit Interrupt(std::stop_token stop);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::stop_token& stop() const { return stop_; }
  int fd() const { return event_.get(); }  // -1 where a stop is not possible

 private:
  std::stop_token stop_;
  UniqueFd event_;
  std::optional<std::stop_callback<std::function<void()>>> wake_;
};

// How long one step may take, who may end it early, and its name for errors: "waiting for the answer".
struct Patience {
  Patience(milliseconds allowed_time, const Interrupt& by, std::string what)
      : deadline(std::chrono::steady_clock::now() + allowed_time),
        allowed(allowed_time),
        interrupt(&by),
        doing(std::move(what)) {}

  // The time left, for poll: 0 at the least.
  milliseconds left() const;
  // The error to throw when no time is left.
  Error timed_out() const;

  Clock::Steady deadline;
  milliseconds allowed;
  const Interrupt* interrupt;
  std::string doing;
};

// Waits until `fd` is ready for `events` (of poll) or broken. Throws kTimedOut, kCanceled.
void wait_ready(int fd, short events, const Patience& patience);

// A connected pair of byte streams, plain or TLS.
class ByteStream {
 public:
  // What an idle connection shows without waiting.
  enum class State { quiet, input, closed };

  virtual ~ByteStream() = default;
  // Waits for at least one byte; 0 is an orderly end. Throws kConnectionLost, kTimedOut, kCanceled.
  virtual std::size_t read(MutableBytes out, const Patience& patience) = 0;
  // Sends all of `data`. Throws the same.
  virtual void write(Bytes data, const Patience& patience) = 0;
  virtual State state() = 0;
};

// Over a connected, non-blocking TCP socket.
class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(UniqueFd socket) : socket_(std::move(socket)) {}

  std::size_t read(MutableBytes out, const Patience& patience) override;
  void write(Bytes data, const Patience& patience) override;
  State state() override;

 private:
  UniqueFd socket_;
};

}  // namespace cairn::net
