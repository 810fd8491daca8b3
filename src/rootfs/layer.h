// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <functional>
#include <memory>
#include <string>

namespace cairn::rootfs {

// One layer as the merge wants it: an uncompressed tar stream that can be opened again.
// Whoever makes it has the bytes verified as they flow.
struct LayerInput {
  std::string name;  // for errors and progress, e.g. its digest
  std::function<std::unique_ptr<Source>()> open;
};

}  // namespace cairn::rootfs
