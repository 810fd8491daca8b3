// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/image.h"

#include <filesystem>
#include <optional>

namespace cairn::media {

// Where the boot loader files lie (docs/formats/media.md, Loader files): `given`, else share/cairn/loaders beside the
// folder of this program, else /usr/share/cairn/loaders. Throws reason::kNoLoaders naming where it looked and what is
// missing there.
std::filesystem::path find_loaders(const std::optional<std::filesystem::path>& given);

// Whether there are loader files for a platform yet.
bool has_loaders_for(const oci::Platform& platform);
// Throws reason::kBadMedium if there are none.
void check_loaders_for(const oci::Platform& platform);

}  // namespace cairn::media
