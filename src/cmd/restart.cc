// SPDX-License-Identifier: Apache-2.0
#include "cmd/restart.h"

#include "core/process.h"

namespace cairn::cmd {

std::vector<Option> with_restart_options(std::vector<Option> own) {
  own.push_back({.names = "--reboot", .value = "", .help = "Restart the machine when all is done."});
  own.push_back({.names = "--poweroff", .value = "", .help = "Switch the machine off when all is done."});
  return own;
}

int restart_as_told(const Arguments& arguments, const Session& session) {
  const bool off = arguments.has("poweroff");
  if (off || arguments.has("reboot")) {
    system_runner().run({.program = "systemctl", .args = {off ? "poweroff" : "reboot"}, .stop = session.stop});
  }
  return 0;
}

}  // namespace cairn::cmd
