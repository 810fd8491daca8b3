// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <filesystem>

namespace cairn::tool {

// Copies all that is in the directory `from` into the existing directory `to`, which gets its owner and mode: owners,
// modes, times, links and extended attributes as they are.
void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to, Runner& runner,
                    const std::stop_token& stop = {});

}  // namespace cairn::tool
