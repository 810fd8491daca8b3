// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <string>
#include <vector>

namespace cairn::tool {

// Loads kernel modules by name, with what they need. One that is missing or built in is no error: the system call that
// needs it says so better.
void load_kernel_modules(std::vector<std::string> names, Runner& runner, const std::stop_token& stop = {});

}  // namespace cairn::tool
