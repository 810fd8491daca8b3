// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/medium_options.h"
#include "cmd/size.h"
#include "core/process.h"
#include "core/reasons.h"
#include "core/text.h"
#include "media/disk_image.h"
#include "media/loaders.h"

namespace cairn::cmd {
namespace {

media::DiskImageSpec make_disk_spec(const Arguments& arguments) {
  media::DiskImageSpec spec;
  if (const auto size = arguments.find("size")) spec.size = parse_size(*size, "--size");
  spec.grow = arguments.has("grow");
  const std::string format = arguments.get("format");
  if (format == "qcow2") {
    spec.format = media::DiskFormat::qcow2;
  } else if (format != "raw") {
    throw Error(reason::kUsage, "--format: \"{}\" is not raw or qcow2", printable(format, 40));
  }
  const std::string sector = arguments.get("sector-size");
  if (sector != "512" && sector != "4096") {
    throw Error(reason::kUsage, "--sector-size: \"{}\" is not 512 or 4096", printable(sector, 40));
  }
  spec.sector_size = sector == "512" ? 512 : 4096;
  return spec;
}

int run(const Arguments& arguments, Session& session) {
  // What can be wrong cheaply comes before what takes long.
  const media::DiskImageSpec spec = make_disk_spec(arguments);
  const auto loaders = media::find_loaders(arguments.find("loaders"));
  PreparedMedium prepared = prepare_medium(arguments, session);
  prepared.spec.loaders = loaders;
  const std::filesystem::path out = arguments.get("output");
  const auto result =
      media::build_disk(prepared.spec, spec, out, warn_of_findings, system_runner(), session.progress, session.stop);
  session.progress.finish();
  print_result(arguments, prepared.spec, result, out);
  return 0;
}

}  // namespace

Subcommand build_disk() {
  return {
      .name = "build disk",
      .summary = "make a disk with an image installed, for machines that are copied and not installed",
      .description =
          "Writes a disk that boots by UEFI and BIOS, with a recovery system, and its .sha256 beside it. Needs no "
          "root, no loop devices and no daemon. The same image and options give the same bytes, partition ids too: "
          "put it on one disk of a machine only.",
      .example = "cairn build disk registry.example.org/os:1 -o os.raw --size 8G",
      .positionals = medium_positionals(),
      .options = with_medium_options({
          {.names = "-o,--output", .value = "FILE", .help = "Where to write.", .fallback = "cairn.raw"},
          {.names = "--format", .value = "FORMAT", .help = "raw (sparse) or qcow2.", .fallback = "raw"},
          {.names = "--size", .value = "SIZE", .help = "Size of the disk, as 8G; else as small as the image allows."},
          {.names = "--grow",
           .value = "",
           .help = "Leave out what the machine can make by itself: at its first start it fills its disk."},
          {.names = "--sector-size",
           .value = "BYTES",
           .help = "Sectors of the disk that it is for: 512, or 4096 (UEFI only).",
           .fallback = "512"},
          {.names = "--loaders", .value = "DIR", .help = "Take boot loader files from DIR."},
      }),
      .run = run,
  };
}

}  // namespace cairn::cmd
