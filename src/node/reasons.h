// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

namespace cairn::node::reason {

inline constexpr Reason kNotInImage{"CRN-NOD-001", ErrorKind::invalid, "this is not the inside of an image being built",
                                    "Run `cairn init` in a Dockerfile: RUN cairn init."};

inline constexpr const Reason* kNode[] = {&kNotInImage};

}  // namespace cairn::node::reason
