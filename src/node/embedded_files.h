// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

namespace cairn::node {

// A file of src/node/files/, carried inside the program.
struct EmbeddedFile {
  std::string_view path;  // below the root, without a leading slash
  mode_t mode;
  std::string_view text;
};

// All of them, in order of path; the build writes the definition (cmake/embed.cmake).
std::span<const EmbeddedFile> embedded_files();

}  // namespace cairn::node
