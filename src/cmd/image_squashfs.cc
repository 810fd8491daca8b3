// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/image_options.h"
#include "cmd/squashfs_options.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "osimage/root_tree.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  rootfs::SquashfsOptions options = make_squashfs_options(arguments);
  AtomicFile file(arguments.get("FILE"));
  const auto image = oci::Image::open(oci::SourceSpec::parse(arguments.get("IMAGE")), find_platform(arguments),
                                      make_source_options(arguments, session));
  options.mtime = osimage::output_time(image);
  const auto output = osimage::write_squashfs({&image, 1}, std::make_unique<rootfs::PlainImageFile>(file.temporary()),
                                              options, session.progress, session.stop);
  file.commit();
  session.progress.finish();
  for (const std::string& dropped : output.result.dropped_xattrs) {
    log::warning("squashfs has no form for an extended attribute; it is left out", {{"attribute", dropped}});
  }
  fmt::print("{}  {} files and folders  {}\n", human_size(output.result.size), output.result.inodes,
             image.digest().text());
  return 0;
}

}  // namespace

Subcommand image_squashfs() {
  return {
      .name = "image squashfs",
      .summary = "write an image's root tree as a squashfs",
      .description =
          "Merges the layers of an image and writes them as one squashfs file, without unpacking anything "
          "to disk. The same image and options give the same bytes.",
      .example = "cairn image squashfs oci:layout:1 rootfs.squashfs --compression zstd:3",
      .positionals = {{.name = "IMAGE", .help = "HOST/NAME:TAG, oci:DIR, oci-archive:FILE or dir:DIR."},
                      {.name = "FILE", .help = "Where to write; it appears when it is complete."}},
      .options = with_image_options(with_squashfs_options({})),
      .run = run,
  };
}

}  // namespace cairn::cmd
