// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "core/file.h"
#include "media/medium.h"

#include <optional>
#include <vector>

// What `build iso` and `build netboot` have in common.
namespace cairn::cmd {

// IMAGE, or with -f the context of a Dockerfile.
std::vector<Positional> medium_positionals();
// `own` options of a command, then those about the system on the medium.
std::vector<Option> with_medium_options(std::vector<Option> own);

// A specification, and what it stands on while it is used.
struct PreparedMedium {
  media::MediumSpec spec;
  std::optional<TempDir> built;  // holds the image that -f made
};
// Builds the Dockerfile if -f was given; opens the images.
PreparedMedium prepare_medium(const Arguments& arguments, Session& session);

// Tells what a lint finds as warnings; only what a build can't go on without stops it, later.
void warn_of_findings(const rootfs::Tree& tree);
// Tells what was written where.
void print_result(const Arguments& arguments, const media::MediumSpec& spec, const media::MediumResult& result,
                  const std::filesystem::path& out);

}  // namespace cairn::cmd
