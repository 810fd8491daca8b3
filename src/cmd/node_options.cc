// SPDX-License-Identifier: Apache-2.0
#include "cmd/node_options.h"

#include "boot/bootstate.h"
#include "cmd/commands.h"
#include "cmd/config_file.h"
#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"
#include "disk/mount.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

constexpr const char* kWaitSeconds = "120";  // the health gate, or the end of an upgrade
constexpr std::uint64_t kKeep = 3;           // active, the one before, and one that is known to be good
constexpr const char* kConfigFolder = "/etc/cairn";
constexpr std::size_t kMaxConfig = 1 << 20;
constexpr std::uint64_t kMaxWaitSeconds = 24 * 3600;

}  // namespace

std::vector<Option> with_node_options(std::vector<Option> own) {
  own.push_back({.names = "--wait",
                 .value = "SECONDS",
                 .help = "Wait so long for another command that changes this machine.",
                 .fallback = kWaitSeconds});
  return own;
}

std::vector<Option> with_operation_options(std::vector<Option> own) {
  own.push_back({.names = "--config",
                 .value = "FILE",
                 .help = "Read settings from this file, not from /etc/cairn/config.yaml and /etc/cairn/config.d."});
  own.push_back({.names = "--strict", .value = "", .help = "Give up if a hook fails."});
  own.push_back({.names = "--hook-path",
                 .value = "PATH",
                 .help = "Read hooks in this folder, file or URL, too.",
                 .repeat = Option::Repeat::many});
  return with_node_options(std::move(own));
}

Arguments with_configuration(std::string_view command, const Arguments& typed) {
  const auto file = typed.find("config");
  const auto settings = file ? parse_elemental_config(read_file(*file, kMaxConfig), *file)
                             : load_elemental_config(kConfigFolder, "config.yaml");
  Configured configured = with_settings(command, typed, settings, all_commands());
  for (const std::string& warning : configured.warnings) fmt::print(stderr, "cairn: warning: {}\n", warning);
  return std::move(configured.arguments);
}

unsigned systems_to_keep(const Arguments& arguments) {
  const std::uint64_t count = arguments.number("keep", boot::kMaxPassives + 1).value_or(kKeep);
  if (count < 2) throw Error(reason::kUsage, "--keep is {}: one system to fall back to is the least", count);
  return static_cast<unsigned>(count);
}

node::NodeLock take_node_lock(const Arguments& arguments, const Session& session) {
  const std::uint64_t seconds =
      arguments.number("wait", kMaxWaitSeconds).value_or(parse_number(kWaitSeconds).value_or(0));
  node::NodeLock lock({.limit = std::chrono::seconds(seconds),
                       .clock = system_clock(),
                       .stop = session.stop,
                       .tell = [](const std::string& why) { fmt::print(stderr, "waiting: {}\n", why); }});
  disk::use_private_mounts();
  return lock;
}

}  // namespace cairn::cmd
