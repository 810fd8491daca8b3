// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "oci/image.h"

#include <vector>

// What all commands that read an image have in common.
namespace cairn::cmd {

// `own` options of a command, then those about platform, registries and the cache.
std::vector<Option> with_image_options(std::vector<Option> own);

oci::SourceOptions make_source_options(const Arguments& arguments, const Session& session);
// --platform, else this machine's.
oci::Platform find_platform(const Arguments& arguments);

}  // namespace cairn::cmd
