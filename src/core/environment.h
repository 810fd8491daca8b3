// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace cairn {

// A variable of this process's environment as it stands; nothing if it is not set.
std::optional<std::string> process_environment(const std::string& name);
// The same, but an empty one counts as not set.
std::optional<std::string> filled_process_environment(const std::string& name);

}  // namespace cairn
