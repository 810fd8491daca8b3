// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"

namespace cairn::cmd {

std::vector<Subcommand> all_commands() {
  return {
      image_inspect(), image_copy(), image_unpack(), image_squashfs(),  // images
      version(),       errors(),     man(),                             // the program itself
  };
}

}  // namespace cairn::cmd
