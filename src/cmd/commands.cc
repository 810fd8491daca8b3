// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"

namespace cairn::cmd {

std::vector<Subcommand> all_commands() {
  return {
      build_iso(), build_disk(),    build_netboot(),                                    // media
      lint(),      image_inspect(), image_copy(),    image_unpack(), image_squashfs(),  // images
      init(),      mount(),                                                             // inside an image
      install(),   upgrade(),       rollback(),      reset(),        health(),         status(), grow(),  // on a node
      stage_run(), stage_lint(),            // cloud-config
      version(),   errors(),        man(),  // the program itself
  };
}

}  // namespace cairn::cmd
