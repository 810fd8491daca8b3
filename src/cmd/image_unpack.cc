// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/image_options.h"
#include "osimage/root_tree.h"

#include <unistd.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  const auto image = oci::Image::open(oci::SourceSpec::parse(arguments.get("IMAGE")), find_platform(arguments),
                                      make_source_options(arguments, session));
  session.progress.step("fetching layers");
  image.prefetch(session.progress);
  session.progress.step("unpacking");
  const rootfs::UnpackOptions options{.keep_owner = ::geteuid() == 0 && !arguments.has("own")};
  rootfs::unpack_layers(osimage::layers_of({&image, 1}), arguments.get("DIR"), options, {}, session.progress,
                        session.stop);
  session.progress.finish();
  return 0;
}

}  // namespace

Subcommand image_unpack() {
  return {
      .name = "image unpack",
      .summary = "unpack an image's root tree into a directory",
      .description =
          "Merges the layers of an image into a directory. As root, owners, devices and all extended "
          "attributes are kept; other users get everything as their own, without devices.",
      .example = "cairn image unpack oci:layout:1 root",
      .positionals = {{.name = "IMAGE", .help = "HOST/NAME:TAG, oci:DIR, oci-archive:FILE or dir:DIR."},
                      {.name = "DIR", .help = "Where to; must be empty or missing."}},
      .options = with_image_options(
          {{.names = "--own", .value = "", .help = "Make everything the caller's own, as for other users than root."}}),
      .run = run,
  };
}

}  // namespace cairn::cmd
