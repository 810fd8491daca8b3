// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <filesystem>

namespace cairn::tool {

// Writes `raw`, a disk as it is, over `qcow2` in QEMU's format; zeros take no room in it.
void convert_to_qcow2(const std::filesystem::path& raw, const std::filesystem::path& qcow2, Runner& runner,
                      const std::stop_token& stop = {});

}  // namespace cairn::tool
