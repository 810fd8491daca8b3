// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::boot::reason {

inline constexpr Reason kNoBootState{"CRN-BOOT-001", ErrorKind::corrupt, "no copy of the boot state is valid",
                                     "Start recovery and reset the machine; persistent data can be kept."};
inline constexpr Reason kBadBootState{"CRN-BOOT-002", ErrorKind::invalid, "a boot state would make no sense",
                                      "Report it with the full message: nothing was changed."};
inline constexpr Reason kNotBootable{"CRN-BOOT-003", ErrorKind::conflict,
                                     "the boot state does not allow this change now",
                                     "Run `cairn status` to see what is booted, active and kept."};
inline constexpr Reason kNoRecovery{"CRN-BOOT-004", ErrorKind::not_found, "this machine has no recovery system",
                                    "Install it again with a recovery partition, or from media."};
inline constexpr Reason kNotWritten{"CRN-BOOT-005", ErrorKind::unavailable,
                                    "whether a boot state reached the disk is not known",
                                    "Check the disk, then run `cairn status`: the state on the disk counts."};

inline constexpr Reason kBadKernelWord{
    "CRN-BOOT-006", ErrorKind::invalid, "an image's kernel words can't be used",
    "Correct /etc/cairn/cmdline in the image; docs/formats/snapshot.md has the rules."};

inline constexpr const Reason* kBoot[] = {&kNoBootState, &kBadBootState, &kNotBootable,
                                          &kNoRecovery,  &kNotWritten,   &kBadKernelWord};

}  // namespace cairn::boot::reason
