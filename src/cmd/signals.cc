// SPDX-License-Identifier: Apache-2.0
#include "cmd/signals.h"

#include <unistd.h>

#include <csignal>
#include <thread>

namespace cairn::cmd {

std::stop_token stop_on_signals() {
  static std::stop_source source;
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A thread that waits is simpler than a handler: it may do anything. It ends with the process.
  std::thread([signals] {
    int which = 0;
    ::sigwait(&signals, &which);
    source.request_stop();
    ::sigwait(&signals, &which);
    ::_exit(130);
  }).detach();
  return source.get_token();
}

}  // namespace cairn::cmd
