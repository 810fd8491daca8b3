// SPDX-License-Identifier: Apache-2.0
#include "tool/chroot.h"

namespace cairn::tool {

Command in_root(const std::filesystem::path& root, Command command) {
  if (root == "/") return command;
  command.args.insert(command.args.begin(), {"--", root.string(), std::move(command.program)});
  command.program = "chroot";
  return command;
}

}  // namespace cairn::tool
