// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::snapshot::reason {

inline constexpr Reason kBadManifest{"CRN-SNP-001", ErrorKind::corrupt, "a snapshot's records are damaged",
                                     "Upgrade again; if it repeats, check the disk."};
inline constexpr Reason kReadBack{"CRN-SNP-002", ErrorKind::corrupt,
                                  "the disk gives back other bytes than were written",
                                  "Check the disk and its cables, and replace it if this repeats."};
inline constexpr Reason kNoSnapshot{"CRN-SNP-003", ErrorKind::not_found, "there is no such snapshot",
                                    "Run `cairn status` to see which there are."};
inline constexpr Reason kNoNumber{"CRN-SNP-004", ErrorKind::no_space, "there is no number left for a snapshot",
                                  "Reset the machine: numbers start at 1 again."};

inline constexpr const Reason* kSnapshot[] = {&kBadManifest, &kReadBack, &kNoSnapshot, &kNoNumber};

}  // namespace cairn::snapshot::reason
