// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::cmd::reason {

inline constexpr Reason kNotOurs{"CRN-CLI-002", ErrorKind::unsupported,
                                 "a word of Elemental has no counterpart in this program",
                                 "Leave it out; docs/elemental.md says what each word becomes."};
inline constexpr Reason kNoSignatures{
    "CRN-CLI-003", ErrorKind::unsupported, "signatures of images can't be verified yet",
    "Name the image by its digest, which is always verified, and leave the flag out."};

inline constexpr const Reason* kCmd[] = {&kNotOurs, &kNoSignatures};

}  // namespace cairn::cmd::reason
