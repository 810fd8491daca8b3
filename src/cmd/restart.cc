// SPDX-License-Identifier: Apache-2.0
#include "cmd/restart.h"

#include "core/process.h"

namespace cairn::cmd {

std::vector<Option> with_restart_options(std::vector<Option> own) {
  own.push_back({.names = "--reboot", .value = "", .help = "Restart the machine when all is done."});
  own.push_back({.names = "--poweroff", .value = "", .help = "Switch the machine off when all is done."});
  return own;
}

int restart(Restart how, const Session& session) {
  // The one that waits for us must not wait for what it stops.
  system_runner().run({.program = "systemctl",
                       .args = {"--no-block", how == Restart::reboot ? "reboot" : "poweroff"},
                       .stop = session.stop});
  return 0;
}

int restart_as_told(const Arguments& arguments, const Session& session) {
  if (arguments.has("poweroff")) return restart(Restart::poweroff, session);
  if (arguments.has("reboot")) return restart(Restart::reboot, session);
  return 0;
}

}  // namespace cairn::cmd
