// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::media::reason {

inline constexpr Reason kNoLoaders{"CRN-MED-001", ErrorKind::not_found, "the boot loader files are missing",
                                   "Run `make loaders`, install the package cairn, or name their folder by --loaders."};
inline constexpr Reason kBadMedium{"CRN-MED-002", ErrorKind::invalid, "something given for the medium can't be used",
                                   "Correct it; docs/formats/media.md has the rules."};
inline constexpr Reason kTooLargeForMedium{"CRN-MED-003", ErrorKind::invalid, "something is too large for the medium",
                                           "Make the image smaller, or choose another kind of medium."};

inline constexpr const Reason* kMedia[] = {&kNoLoaders, &kBadMedium, &kTooLargeForMedium};

}  // namespace cairn::media::reason
