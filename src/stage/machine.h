// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

namespace cairn::stage {

// The machine as templates see it: product, board, chassis, bios, cpu, memory, storage and network, from /proc and
// /sys. What the firmware does not say is "".
json::object read_machine();

}  // namespace cairn::stage
