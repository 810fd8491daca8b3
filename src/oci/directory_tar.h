// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <filesystem>

namespace cairn::oci {

// Writes a directory as one tar stream: names sorted by bytes, parents first, hard links, devices and extended
// attributes kept. Left out: sockets, what other file systems are mounted on (their mount points stay as empty
// directories), security.selinux and system.* attributes, which belong to the host. Symlinks are never followed. Throws
// reason::kDirectoryChanged when a file does not keep still.
void write_directory_tar(const std::filesystem::path& directory, Sink& out);

}  // namespace cairn::oci
