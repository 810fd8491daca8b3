// SPDX-License-Identifier: Apache-2.0
#include "cmd/node_options.h"

#include "core/text.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

constexpr const char* kWaitSeconds = "120";  // the health gate, or the end of an upgrade
constexpr std::uint64_t kMaxWaitSeconds = 24 * 3600;

}  // namespace

std::vector<Option> with_node_options(std::vector<Option> own) {
  own.push_back({.names = "--wait",
                 .value = "SECONDS",
                 .help = "Wait so long for another command that changes this machine.",
                 .fallback = kWaitSeconds});
  return own;
}

node::NodeLock take_node_lock(const Arguments& arguments, const Session& session) {
  const std::uint64_t seconds =
      arguments.number("wait", kMaxWaitSeconds).value_or(parse_number(kWaitSeconds).value_or(0));
  return node::NodeLock({.limit = std::chrono::seconds(seconds),
                         .clock = system_clock(),
                         .stop = session.stop,
                         .tell = [](const std::string& why) { fmt::print(stderr, "waiting: {}\n", why); }});
}

}  // namespace cairn::cmd
