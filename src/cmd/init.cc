// SPDX-License-Identifier: Apache-2.0
#include "node/init.h"

#include "cmd/commands.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  const node::InitSpec spec{
      .root = arguments.get("root"), .initramfs = !arguments.has("no-initramfs"), .stop = session.stop};
  if (!arguments.has("force")) node::check_inside_image(spec.root);
  const node::InitResult result = node::init_root(spec, system_runner());
  for (const std::string& path : result.written) fmt::print("wrote {}\n", path);
  for (const std::string& path : result.removed) fmt::print("removed {}\n", path);
  return 0;
}

}  // namespace

Subcommand init() {
  return {
      .name = "init",
      .summary = "make an image bootable, inside its Dockerfile",
      .description =
          "Installs what a node needs into the image being built: this program, its dracut module and the kernel words "
          "of "
          "media. Then makes the initramfs of each kernel with dracut, as /boot/initrd-VERSION. Needs a kernel and "
          "dracut "
          "in the image. Run it last, after kernels and drivers are installed; running it again does no harm.",
      .example = "RUN cairn init",
      .positionals = {},
      .options = {{.names = "--root", .value = "DIR", .help = "Work on the root tree in DIR.", .fallback = "/"},
                  {.names = "--no-initramfs", .value = "", .help = "Only install files; run dracut yourself."},
                  {.names = "--force", .value = "", .help = "Run on a machine, not only in an image being built."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
