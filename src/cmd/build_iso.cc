// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/medium_options.h"
#include "core/process.h"
#include "media/loaders.h"

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  // What can be wrong cheaply comes before what takes long.
  const auto loaders = media::find_loaders(arguments.find("loaders"));
  PreparedMedium prepared = prepare_medium(arguments, session);
  prepared.spec.loaders = loaders;
  prepared.spec.label = arguments.get("label");
  prepared.spec.extra_files = arguments.find("files");
  const std::filesystem::path out = arguments.get("output");
  const auto result =
      media::build_iso(prepared.spec, out, warn_of_findings, system_runner(), session.progress, session.stop);
  session.progress.finish();
  print_result(arguments, prepared.spec, result, out);
  return 0;
}

}  // namespace

Subcommand build_iso() {
  return {
      .name = "build iso",
      .summary = "make an ISO that boots an image from CD or USB stick",
      .description =
          "Writes a hybrid ISO that boots by UEFI and BIOS, and its .sha256 beside it. Needs no root and no "
          "daemon; with -f the image is built first. The same image and options give the same bytes.",
      .example = "cairn build iso registry.example.org/os:1 -o os.iso",
      .positionals = medium_positionals(),
      .options = with_medium_options({
          {.names = "-o,--output", .value = "FILE", .help = "Where to write.", .fallback = "cairn.iso"},
          {.names = "--label", .value = "LABEL", .help = "Label of the volume.", .fallback = media::kDefaultLabel},
          {.names = "--files", .value = "DIR", .help = "Put the files of DIR on the ISO beside the system."},
          {.names = "--loaders", .value = "DIR", .help = "Take boot loader files from DIR."},
      }),
      .run = run,
  };
}

}  // namespace cairn::cmd
