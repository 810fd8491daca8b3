// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/merge.h"

#include <filesystem>

namespace cairn::rootfs {

struct UnpackOptions {
  bool keep_owner = true;  // false: an unprivileged user gets all files as his own, devices are left out
};

// Merges layers into a directory, which must be empty or not exist; on failure what was made is removed again.
// Every path is opened beneath the directory (openat2, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV), so
// nothing outside can be touched whatever the layers hold.
void unpack_layers(std::span<const LayerInput> layers, const std::filesystem::path& directory,
                   const UnpackOptions& options, const MergeLimits& limits, Progress& progress,
                   const std::stop_token& stop = {});

}  // namespace cairn::rootfs
