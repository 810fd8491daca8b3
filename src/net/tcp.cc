// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.h"

#include "core/reasons.h"
#include "net/reasons.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace cairn::net {
namespace {

constexpr milliseconds kNextAttempt{250};
constexpr std::size_t kMaxAddresses = 16;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

struct Answer {
  int status = 0;  // of getaddrinfo
  int error_number = 0;
  std::vector<Address> addresses;
};

Answer look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  Answer answer;
  answer.status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  answer.error_number = errno;
  if (answer.status != 0) return answer;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* item = list; item != nullptr && answer.addresses.size() < kMaxAddresses; item = item->ai_next) {
    Address address;
    std::memcpy(&address.storage, item->ai_addr, item->ai_addrlen);
    address.size = item->ai_addrlen;
    answer.addresses.push_back(address);
  }
  return answer;
}

// getaddrinfo can neither be interrupted nor told a deadline: it runs on a thread of its own, which is left behind when
// the caller gives up and ends when the resolver's own timeout does.
Answer look_up_patiently(const std::string& host, std::uint16_t port, const Patience& patience) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable_any ready;
    std::optional<Answer> answer;
  };
  const auto shared = std::make_shared<Shared>();
  std::thread([shared, host, port] {
    Answer answer = look_up(host, port, AI_ADDRCONFIG);
    const std::scoped_lock lock(shared->mutex);
    shared->answer = std::move(answer);
    shared->ready.notify_all();
  }).detach();
  std::unique_lock lock(shared->mutex);
  shared->ready.wait_until(lock, patience.interrupt->stop(), patience.deadline,
                           [&] { return shared->answer.has_value(); });
  check_canceled(patience.interrupt->stop());
  if (!shared->answer) throw patience.timed_out();
  return std::move(*shared->answer);
}

std::vector<Address> resolve(const std::string& host, std::uint16_t port, const Patience& patience) {
  Answer answer = look_up(host, port, AI_NUMERICHOST);
  if (answer.status != 0) answer = look_up_patiently(host, port, patience);
  if (answer.status == 0 && !answer.addresses.empty()) return std::move(answer.addresses);
  const std::string cause = answer.status == EAI_SYSTEM ? std::generic_category().message(answer.error_number)
                                                        : std::string(::gai_strerror(answer.status));
  throw Error(reason::kConnect, "host {} has no known address: {}", host, cause)
      .set_remedy("Check the spelling of the host name and the name servers of this machine.");
}

// Connects to several addresses at once and keeps the first that answers.
class Race {
 public:
  explicit Race(const Patience& patience) : patience_(patience) {}

  UniqueFd run(const std::vector<Address>& addresses) {
    std::size_t next = 0;
    while (next < addresses.size() || !runners_.empty()) {
      if (next < addresses.size()) {
        if (UniqueFd winner = start(addresses[next++])) return winner;
      }
      const bool more = next < addresses.size();
      if (UniqueFd winner = wait(more ? std::min(kNextAttempt, patience_.left()) : patience_.left(), more))
        return winner;
    }
    return {};
  }

  int last_error() const { return last_error_; }

 private:
  UniqueFd start(const Address& address) {
    UniqueFd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
      last_error_ = errno;
      return {};
    }
    const int one = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return socket;
    if (errno == EINPROGRESS) {
      runners_.push_back(std::move(socket));
    } else {
      last_error_ = errno;
    }
    return {};
  }

  UniqueFd wait(milliseconds span, bool more) {
    if (runners_.empty()) return {};
    std::vector<pollfd> waited{{patience_.interrupt->fd(), POLLIN, 0}};
    for (const auto& runner : runners_) waited.push_back({runner.get(), POLLOUT, 0});
    const int ready =
        ::poll(waited.data(), waited.size(), static_cast<int>(std::min<std::int64_t>(span.count(), 3'600'000)));
    check_canceled(patience_.interrupt->stop());
    if (ready <= 0 && !more && patience_.left().count() == 0) throw patience_.timed_out();
    for (std::size_t i = runners_.size(); ready > 0 && i-- > 0;) {
      if (waited[i + 1].revents == 0) continue;
      UniqueFd socket = std::move(runners_[i]);
      runners_.erase(runners_.begin() + static_cast<std::ptrdiff_t>(i));
      int problem = 0;
      socklen_t size = sizeof problem;
      ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
      if (problem == 0) return socket;
      last_error_ = problem;
    }
    return {};
  }

  const Patience& patience_;
  std::vector<UniqueFd> runners_;
  int last_error_ = 0;
};

}  // namespace

UniqueFd connect_tcp(const std::string& host, std::uint16_t port, const Patience& patience) {
  const auto addresses = resolve(host, port, patience);
  Race race(patience);
  UniqueFd socket = race.run(addresses);
  if (socket) return socket;
  throw Error(reason::kConnect, "no connection to {} port {}: {}", host, port,
              std::generic_category().message(race.last_error()));
}

}  // namespace cairn::net
