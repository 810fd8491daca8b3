// SPDX-License-Identifier: Apache-2.0
#include "cmd/restart.h"

#include "tool/systemd.h"

namespace cairn::cmd {

std::vector<Option> with_restart_options(std::vector<Option> own) {
  own.push_back({.names = "--reboot", .value = "", .help = "Restart the machine when all is done."});
  own.push_back({.names = "--poweroff", .value = "", .help = "Switch the machine off when all is done."});
  return own;
}

int restart_as_told(const Arguments& arguments) {
  if (arguments.has("poweroff")) {
    tool::shut_down(tool::Shutdown::poweroff, system_runner());
  } else if (arguments.has("reboot")) {
    tool::shut_down(tool::Shutdown::reboot, system_runner());
  }
  return 0;
}

}  // namespace cairn::cmd
