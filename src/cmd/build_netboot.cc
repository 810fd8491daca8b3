// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/medium_options.h"
#include "media/loaders.h"

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  PreparedMedium prepared = prepare_medium(arguments, session);
  if (media::has_loaders_for(prepared.spec.images.front().config().platform)) {
    prepared.spec.loaders = media::find_loaders(arguments.find("loaders"));
  }
  const std::filesystem::path out = arguments.get("output");
  const auto result = media::build_netboot(prepared.spec, out, warn_of_findings, session.progress, session.stop);
  session.progress.finish();
  print_result(arguments, prepared.spec, result, out);
  return 0;
}

}  // namespace

Subcommand build_netboot() {
  return {
      .name = "build netboot",
      .summary = "make the files that boot an image from the network",
      .description =
          "Writes a folder with kernel, initramfs (which holds the root tree) and an iPXE script; serve it by "
          "HTTP and chain the script. Such a machine can be installed, as from an ISO. The folder appears when it is "
          "complete.",
      .example = "cairn build netboot registry.example.org/os:1 -o netboot",
      .positionals = medium_positionals(),
      .options = with_medium_options({{.names = "-o,--output",
                                       .value = "DIR",
                                       .help = "Where to write; must be empty or missing.",
                                       .fallback = "netboot"},
                                      {.names = "--loaders",
                                       .value = "DIR",
                                       .help = "Take the boot loader files that an install needs from DIR."}}),
      .run = run,
  };
}

}  // namespace cairn::cmd
