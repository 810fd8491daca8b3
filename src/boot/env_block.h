// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::boot {

// A GRUB environment block as GRUB's load_env reads it: a first line, lines `name=value`, then '#' to the end. We write
// no value that would need GRUB's escapes, and accept none.
using EnvVariables = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kEnvBlockSize = 1024;

// A block of the smallest multiple of kEnvBlockSize that holds the variables. Throws reason::kInternal for a value that
// can't be written as it is (line breaks, backslashes).
std::string compose_env_block(const EnvVariables& variables);

// The variables in their order; nothing if the bytes are no such block: no first line, a line without its end, a name
// twice, anything but '#' behind the last line.
std::optional<EnvVariables> parse_env_block(std::string_view block);

}  // namespace cairn::boot
