// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

// Pieces between separators; "a,,b" gives an empty piece in the middle.
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
// A whole decimal number and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view text);
// "12.3 MiB", for people.
std::string human_size(std::uint64_t bytes);
// Control characters and bytes that are not UTF-8 as \xNN, so that hostile names can't drive a terminal;
// longer than `max` bytes is cut with "...".
std::string printable(std::string_view text, std::size_t max = 256);

// The candidate nearest to `word` by edit distance if near enough to be a typing error.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace cairn
