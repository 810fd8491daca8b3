// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"

namespace cairn::cmd {

std::vector<Subcommand> all_commands() {
  return {
      build_iso(), build_disk(),    build_netboot(),                                    // media
      lint(),      image_inspect(), image_copy(),    image_unpack(), image_squashfs(),  // images
      init(),      mount(),         status(),        health(),       rollback(),  // inside an image, and on a node
      version(),   errors(),        man(),                                        // the program itself
  };
}

}  // namespace cairn::cmd
