// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/image_options.h"
#include "oci/push.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

int run(const Arguments& arguments, Session& session) {
  const auto options = make_source_options(arguments, session);
  // A wrong name of the target should not wait for the download.
  const auto target = oci::SourceSpec::parse(arguments.get("TARGET"));
  const auto image =
      oci::Image::open(oci::SourceSpec::parse(arguments.get("IMAGE")), find_platform(arguments), options);
  const Digest digest = oci::copy_image(image, target, options, session.progress);
  session.progress.finish();
  fmt::print("{}\n", digest.text());
  return 0;
}

}  // namespace

Subcommand image_copy() {
  return {
      .name = "image copy",
      .summary = "copy an image between registries and layouts",
      .description =
          "Copies one image, unchanged, so that its digest stays the same, and prints the digest. "
          "The target is a registry (HOST/NAME:TAG) or an OCI layout (oci:DIR:TAG); what is there already "
          "is not sent again.",
      .example = "cairn image copy example.org/os:1 oci:layout:1",
      .positionals = {{.name = "IMAGE", .help = "What to copy: HOST/NAME:TAG, oci:DIR, oci-archive:FILE or dir:DIR."},
                      {.name = "TARGET", .help = "Where to: HOST/NAME:TAG or oci:DIR:TAG."}},
      .options = with_image_options({}),
      .run = run,
  };
}

}  // namespace cairn::cmd
