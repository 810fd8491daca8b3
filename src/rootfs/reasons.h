// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::rootfs::reason {

inline constexpr Reason kBadLayer{"CRN-FS-001", ErrorKind::corrupt, "a layer does not fit on the layers below",
                                  "Build the image anew; docs/formats/layers.md has the rules."};
inline constexpr Reason kLayerLimit{"CRN-FS-002", ErrorKind::invalid, "an image is beyond a bound",
                                    "Make the image smaller; docs/formats/layers.md has the bounds."};
inline constexpr Reason kSquashfs{"CRN-FS-003", ErrorKind::corrupt, "a squashfs image can't be written or read",
                                  "Look at the cause in the message; if the image is damaged, build it anew."};
inline constexpr Reason kNotEmpty{"CRN-FS-004", ErrorKind::conflict, "the target directory is not empty",
                                  "Give a directory that is empty or does not exist."};

inline constexpr const Reason* kRootfs[] = {&kBadLayer, &kLayerLimit, &kSquashfs, &kNotEmpty};

}  // namespace cairn::rootfs::reason
