// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::disk::reason {

inline constexpr Reason kNoTable{"CRN-DSK-001", ErrorKind::not_found, "a disk has no GPT partition table",
                                 "Check that it is the right disk; `cairn install` writes a new table."};
inline constexpr Reason kBadTable{"CRN-DSK-002", ErrorKind::corrupt, "both copies of a partition table are damaged",
                                  "Restore the table from a backup, or install the machine again."};
inline constexpr Reason kBadGuid{"CRN-DSK-003", ErrorKind::invalid, "a GUID is malformed",
                                 "Write GUIDs as 8-4-4-4-12 hexadecimal digits."};
inline constexpr Reason kBadLayout{"CRN-DSK-004", ErrorKind::invalid, "the partitions asked for make no sense",
                                   "Correct the partitions at the place named; docs/formats/disk.md has the rules."};
inline constexpr Reason kDiskTooSmall{"CRN-DSK-005", ErrorKind::no_space, "a disk is too small for what is wanted",
                                      "Choose a larger disk, or ask for smaller partitions."};

inline constexpr const Reason* kDisk[] = {&kNoTable, &kBadTable, &kBadGuid, &kBadLayout, &kDiskTooSmall};

}  // namespace cairn::disk::reason
