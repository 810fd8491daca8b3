// SPDX-License-Identifier: Apache-2.0
#include "tool/modprobe.h"

#include "core/reasons.h"

namespace cairn::tool {

void load_kernel_modules(std::vector<std::string> names, Runner& runner, const std::stop_token& stop) {
  for (std::string& name : names) {
    try {
      runner.run({.program = "modprobe", .args = {"--quiet", "--", std::move(name)}, .stop = stop});
    } catch (const Error& error) {  // the kernel may do without; see the header
      if (&error.reason() != &reason::kToolFailed && &error.reason() != &reason::kToolMissing) throw;
    }
  }
}

Command modprobe(std::string name, std::vector<std::string> parameters) {
  Command command{.program = "modprobe", .args = {"--", std::move(name)}};
  command.args.insert(command.args.end(), parameters.begin(), parameters.end());
  return command;
}

}  // namespace cairn::tool
