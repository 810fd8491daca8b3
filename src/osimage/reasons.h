// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::osimage::reason {

inline constexpr Reason kNotBootable{"CRN-IMG-001", ErrorKind::invalid, "an image can't boot",
                                     "Run `cairn lint IMAGE`: it names what is missing and how to add it."};
inline constexpr Reason kBadKernelWords{"CRN-IMG-002", ErrorKind::invalid, "kernel words can't be passed on",
                                        "Correct them; docs/formats/media.md has the rules."};

inline constexpr const Reason* kOsimage[] = {&kNotBootable, &kBadKernelWords};

}  // namespace cairn::osimage::reason
