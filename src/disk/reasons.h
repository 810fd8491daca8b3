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

inline constexpr Reason kNoDriver{"CRN-DSK-006", ErrorKind::unsupported, "the kernel lacks what a mount needs",
                                  "Build the image again with a kernel that has the driver, then RUN cairn init."};
inline constexpr Reason kNotMountable{"CRN-DSK-007", ErrorKind::corrupt, "a file system can't be mounted",
                                      "Check it with e2fsck or fsck.vfat; the kernel log may say more."};
inline constexpr Reason kNoDisk{"CRN-DSK-008", ErrorKind::not_found, "there is no such disk",
                                "Name a disk that `lsblk -d` lists."};
inline constexpr Reason kDiskInUse{"CRN-DSK-009", ErrorKind::conflict, "a disk is in use",
                                   "Unmount it and stop what holds it, or choose another disk."};
inline constexpr Reason kDiskReadOnly{"CRN-DSK-010", ErrorKind::denied, "a disk can't be written",
                                      "Take off its write protection, or choose another disk."};
inline constexpr Reason kDiskTwice{"CRN-DSK-011", ErrorKind::conflict,
                                   "two disks carry the same partition id, so that they can't be told apart",
                                   "Remove the copy, or give it new GUIDs: sgdisk -G DISK."};
inline constexpr Reason kNotWritten{"CRN-DSK-012", ErrorKind::unavailable,
                                    "a disk does not hold what was written to it",
                                    "Replace the disk; the kernel log may say more."};

inline constexpr const Reason* kDisk[] = {
    &kNoTable,      &kBadTable, &kBadGuid,   &kBadLayout,    &kDiskTooSmall, &kNoDriver,
    &kNotMountable, &kNoDisk,   &kDiskInUse, &kDiskReadOnly, &kDiskTwice,    &kNotWritten,
};

}  // namespace cairn::disk::reason
