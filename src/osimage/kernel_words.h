// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::osimage {

// Where images keep their kernel words, the first that is there counts (docs/formats/media.md).
inline constexpr std::string_view kCmdlineFiles[] = {"etc/cairn/cmdline", "usr/lib/cairn/cmdline"};
// What a command line file may hold at most, bytes.
inline constexpr std::size_t kMaxCmdline = 4096;
// The words of an image that has no such file.
std::vector<std::string> default_kernel_words();

// Words of a command line file, or of --append: split at white space, '#' begins a comment. Throws
// reason::kBadKernelWords, naming `what`, for a word that no loader could pass on: with a single quote, a control
// character, or a byte above 0x7e.
std::vector<std::string> parse_kernel_words(std::string_view text, std::string_view what);

// A word as grub.cfg wants it: in single quotes if it holds anything but letters, digits and "._,:=/@+-".
std::string quote_for_grub(const std::string& word);

}  // namespace cairn::osimage
