// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::archive::reason {

inline constexpr Reason kBadCompression{"CRN-TAR-001", ErrorKind::corrupt, "a compressed stream is damaged",
                                        "Get the data again; if it repeats, build the archive anew."};
inline constexpr Reason kBadTar{"CRN-TAR-002", ErrorKind::corrupt, "a tar archive is damaged or breaks a rule",
                                "Build the archive anew with a current tool; docs/formats/tar.md has the rules."};
inline constexpr Reason kTarUnsupported{"CRN-TAR-003", ErrorKind::unsupported, "a tar extension is not supported",
                                        "Build the archive in POSIX (pax) format, for example by `tar --format=pax`."};

inline constexpr const Reason* kArchive[] = {&kBadCompression, &kBadTar, &kTarUnsupported};

}  // namespace cairn::archive::reason
