// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rootfs/merge.h"

#include <filesystem>

namespace cairn::rootfs {

struct UnpackOptions {
  // False: for who is not root. All files become the caller's own; devices, and xattrs other than user.*, are left out.
  bool keep_owner = true;
};

// Merges layers into a directory, which must be empty or not exist; on failure what was made is removed again. Throws
// reason::kNotEmpty, and what merge_layers() and the file system answer.
//
// Each directory is opened beneath its parent (openat2, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV) and
// all names are made in it, so nothing outside can be touched whatever the layers hold.
void unpack_layers(std::span<const LayerInput> layers, const std::filesystem::path& directory,
                   const UnpackOptions& options, const MergeLimits& limits, Progress& progress,
                   const std::stop_token& stop = {});

}  // namespace cairn::rootfs
