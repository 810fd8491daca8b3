// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::node::reason {

inline constexpr Reason kNotInImage{"CRN-NOD-001", ErrorKind::invalid, "this is not the inside of an image being built",
                                    "Run `cairn init` in a Dockerfile: RUN cairn init."};
inline constexpr Reason kBadBootWord{"CRN-NOD-002", ErrorKind::invalid, "a kernel word of Cairn is malformed",
                                     "Correct the kernel command line; docs/formats/media.md lists the words."};
inline constexpr Reason kNoMedium{"CRN-NOD-003", ErrorKind::timed_out, "the boot medium did not appear",
                                  "Check that it is plugged in; a slow device may need more time: cairn.wait=SECONDS."};
inline constexpr Reason kOtherMedium{"CRN-NOD-004", ErrorKind::conflict,
                                     "the medium found is not the one that was booted",
                                     "Remove the other medium, or start from it."};
inline constexpr Reason kBadMedium{"CRN-NOD-005", ErrorKind::corrupt, "the boot medium is damaged or incomplete",
                                   "Write the medium again and compare it with its .sha256 file."};
inline constexpr Reason kNoKernel{"CRN-NOD-007", ErrorKind::not_found,
                                  "the image has no kernel to make an initramfs for",
                                  "Install a kernel package in the Dockerfile before RUN cairn init."};
inline constexpr Reason kNoDracut{"CRN-NOD-008", ErrorKind::unsupported,
                                  "dracut, which makes the initramfs, is missing",
                                  "Install dracut in the Dockerfile before RUN cairn init, or give --no-initramfs."};
inline constexpr Reason kMissingDrivers{"CRN-NOD-009", ErrorKind::unsupported,
                                        "a kernel lacks drivers that booting needs",
                                        "Install the kernel's complete package of modules."};
inline constexpr Reason kBadState{"CRN-NOD-010", ErrorKind::corrupt,
                                  "the record of how this system was booted is damaged",
                                  "Restart the machine; the record is written anew at every boot."};

inline constexpr Reason kRefusedImage{"CRN-NOD-020", ErrorKind::conflict,
                                      "the image failed on this machine and is not tried again",
                                      "Upgrade to another image; give --retry to try this one again."};

inline constexpr Reason kNoTarget{"CRN-NOD-021", ErrorKind::invalid, "it is not clear which disk to install to",
                                  "Name the disk: cairn install /dev/..."};
inline constexpr Reason kHoldsSystem{"CRN-NOD-022", ErrorKind::conflict, "a disk holds an installed system",
                                     "Give --force to write over it: all that is on it will be lost."};
inline constexpr Reason kDowngrade{"CRN-NOD-023", ErrorKind::conflict, "an image is older than the booted one",
                                   "Give --allow-downgrade if you mean it."};
inline constexpr Reason kNotRecovery{"CRN-NOD-024", ErrorKind::conflict, "this can only be done in recovery",
                                     "Run `cairn reset` in the installed system, or choose recovery in the boot menu."};
inline constexpr Reason kNotLive{"CRN-NOD-025", ErrorKind::conflict, "this system was not started from a medium",
                                 "Start the machine from what `cairn build iso` or `cairn build netboot` made."};

inline constexpr Reason kNotInstalled{"CRN-NOD-011", ErrorKind::unsupported,
                                      "this system does not run from an installed disk",
                                      "Install the machine first with `cairn install`, and start from its disk."};
inline constexpr Reason kNoVolume{"CRN-NOD-012", ErrorKind::not_found, "the disk lacks a partition that is needed",
                                  "Look at the disk with `lsblk -o NAME,PARTLABEL`; docs/formats/disk.md lists them."};
inline constexpr Reason kBusy{"CRN-NOD-013", ErrorKind::conflict, "another command is changing this machine",
                              "Wait until it has ended, then try again."};
inline constexpr Reason kBadSystem{"CRN-NOD-014", ErrorKind::corrupt, "the system on the disk is damaged or incomplete",
                                   "Start another entry of the loader's menu, then upgrade or reset the machine."};

inline constexpr Reason kUnhealthy{"CRN-NOD-031", ErrorKind::unavailable, "this system does not pass its health checks",
                                   "Run `cairn health --only-check` to see which check fails and what it printed."};
inline constexpr Reason kBadHealthRecord{"CRN-NOD-032", ErrorKind::corrupt,
                                         "the record of the last health verdict is damaged",
                                         "Run `cairn health` to write it anew."};
inline constexpr Reason kNoOlder{"CRN-NOD-033", ErrorKind::not_found, "no older snapshot is kept",
                                 "Upgrade to the image you want, by its digest."};
inline constexpr Reason kIncomplete{"CRN-NOD-034", ErrorKind::corrupt, "a snapshot's files are not complete",
                                    "Choose another snapshot, or upgrade to its image again."};

inline constexpr Reason kNoVerdict{"CRN-NOD-035", ErrorKind::unavailable,
                                   "what follows from a health verdict could not be done",
                                   "Remove the cause in the message, then run `cairn health` again."};

inline constexpr Reason kOtherMachine{"CRN-NOD-036", ErrorKind::invalid, "a system is for another kind of machine",
                                      "Take an image that was built for this machine's processor."};

inline constexpr Reason kBadOperation{"CRN-NOD-037", ErrorKind::corrupt, "the record of the last operation is damaged",
                                      "The next install, upgrade, rollback or reset writes it anew."};

inline constexpr Reason kHookBefore{"CRN-NOD-038", ErrorKind::conflict, "a hook before an operation failed",
                                    "Correct the cloud-config of that stage, or leave out --strict."};
inline constexpr Reason kHookChroot{"CRN-NOD-039", ErrorKind::conflict, "a hook in a new system failed",
                                    "Correct the cloud-config of that stage, or leave out --strict."};
inline constexpr Reason kHookAfter{"CRN-NOD-040", ErrorKind::conflict, "a hook after an operation failed",
                                   "Correct the cloud-config of that stage, or leave out --strict."};

inline constexpr const Reason* kNode[] = {
    &kNotInImage,   &kBadBootWord,    &kNoMedium,        &kOtherMedium,  &kBadMedium,  &kNoKernel,
    &kNoDracut,     &kMissingDrivers, &kBadState,        &kRefusedImage, &kNoTarget,   &kHoldsSystem,
    &kDowngrade,    &kNotRecovery,    &kNotLive,         &kNotInstalled, &kNoVolume,   &kBusy,
    &kBadSystem,    &kUnhealthy,      &kBadHealthRecord, &kNoOlder,      &kIncomplete, &kNoVerdict,
    &kOtherMachine, &kBadOperation,   &kHookBefore,      &kHookChroot,   &kHookAfter,
};

}  // namespace cairn::node::reason
