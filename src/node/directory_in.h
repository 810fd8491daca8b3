// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

namespace cairn::node {

// The directory that `path` (absolute) means to a system with the root `root`: links in it, also absolute ones, stay in
// that root. Nothing if there is no such directory.
std::optional<std::filesystem::path> find_directory_in(const std::filesystem::path& root,
                                                       const std::filesystem::path& path);

// The same; what is missing is made, mode 0755.
std::filesystem::path ensure_directory_in(const std::filesystem::path& root, const std::filesystem::path& path);

}  // namespace cairn::node
