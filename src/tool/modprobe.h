// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <string>
#include <vector>

namespace cairn::tool {

// Loads kernel modules by name, with what they need. One that is missing or built in is no error: the system call that
// needs it says so better.
void load_kernel_modules(std::vector<std::string> names, Runner& runner, const std::stop_token& stop = {});

// modprobe(8) for one module, with parameters ("debug=1"); one that is loaded or built in stays as it is.
Command modprobe(std::string name, std::vector<std::string> parameters);

}  // namespace cairn::tool
