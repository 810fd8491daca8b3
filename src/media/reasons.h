// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::media::reason {

inline constexpr Reason kNotBootable{"CRN-MED-001", ErrorKind::invalid, "an image can't boot",
                                     "Run `cairn lint IMAGE`: it names what is missing and how to add it."};
inline constexpr Reason kNoLoaders{"CRN-MED-002", ErrorKind::not_found, "the boot loader files are missing",
                                   "Run `make loaders`, install the package cairn, or name their folder by --loaders."};
inline constexpr Reason kBadMedium{"CRN-MED-003", ErrorKind::invalid, "something given for the medium can't be used",
                                   "Correct it; docs/formats/media.md has the rules."};
inline constexpr Reason kTooLargeForMedium{"CRN-MED-004", ErrorKind::invalid, "something is too large for the medium",
                                           "Make the image smaller, or choose another kind of medium."};

inline constexpr const Reason* kMedia[] = {&kNotBootable, &kNoLoaders, &kBadMedium, &kTooLargeForMedium};

}  // namespace cairn::media::reason
