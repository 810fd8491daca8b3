// SPDX-License-Identifier: Apache-2.0
#include "net/byte_stream.h"

#include "core/error.h"
#include "core/reasons.h"
#include "net/reasons.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace cairn::net {
namespace {

Error lost(int error_number) {
  return Error(reason::kConnectionLost, "the connection was cut: {}", std::generic_category().message(error_number));
}

}  // namespace

Interrupt::Interrupt(std::stop_token stop) : stop_(std::move(stop)) {
  if (!stop_.stop_possible()) return;
  event_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event_) throw system_error(errno, "creating an event descriptor");
  wake_.emplace(stop_, [fd = event_.get()] { ::eventfd_write(fd, 1); });
}

milliseconds Patience::left() const {
  const auto rest = deadline - std::chrono::steady_clock::now();
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(rest));
}

Error Patience::timed_out() const {
  return Error(cairn::reason::kTimedOut, "{} took longer than {:.3g} s", doing,
               std::chrono::duration<double>(allowed).count());
}

void wait_ready(int fd, short events, const Patience& patience) {
  while (true) {
    check_canceled(patience.interrupt->stop());
    pollfd waited[2] = {{fd, events, 0}, {patience.interrupt->fd(), POLLIN, 0}};  // poll skips a negative descriptor
    const auto left = std::min<std::int64_t>(patience.left().count(), 3'600'000);
    const int ready = ::poll(waited, 2, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) throw system_error(errno, "waiting for the network");
    check_canceled(patience.interrupt->stop());
    if (ready > 0 && waited[0].revents != 0) return;
    if (ready >= 0 && patience.left().count() == 0) throw patience.timed_out();
  }
}

std::size_t TcpStream::read(MutableBytes out, const Patience& patience) {
  while (true) {
    const ssize_t count = ::recv(socket_.get(), out.data(), out.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {
      wait_ready(socket_.get(), POLLIN, patience);
    } else if (errno != EINTR) {
      throw lost(errno);
    }
  }
}

void TcpStream::write(Bytes data, const Patience& patience) {
  while (!data.empty()) {
    const ssize_t count = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      data = data.subspan(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      wait_ready(socket_.get(), POLLOUT, patience);
    } else if (errno != EINTR) {
      throw lost(errno);
    }
  }
}

ByteStream::State TcpStream::state() {
  char byte = 0;
  const ssize_t count = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return State::input;
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? State::quiet : State::closed;
}

}  // namespace cairn::net
