// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/medium_options.h"

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  const PreparedMedium prepared = prepare_medium(arguments, session);
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
          "HTTP and chain the script. The folder appears when it is complete.",
      .example = "cairn build netboot registry.example.org/os:1 -o netboot",
      .positionals = medium_positionals(),
      .options = with_medium_options({{.names = "-o,--output",
                                       .value = "DIR",
                                       .help = "Where to write; must be empty or missing.",
                                       .fallback = "netboot"}}),
      .run = run,
  };
}

}  // namespace cairn::cmd
