// SPDX-License-Identifier: Apache-2.0
#include "disk/mount_table.h"

#include "core/file.h"
#include "core/text.h"

#include <algorithm>

namespace cairn::disk {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTable = 16 << 20;  // thousands of containers

// The kernel writes blanks and backslashes as \ooo.
std::string unescape(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  while (!text.empty()) {
    if (text.size() >= 4 && text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
      plain += static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
      text.remove_prefix(4);
    } else {
      plain += text[0];
      text.remove_prefix(1);
    }
  }
  return plain;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};  // a kernel without swap has no table of it
  return split(read_file(path, kMaxTable), '\n');
}

}  // namespace

MountTable::MountTable(const fs::path& proc) {
  // proc(5): id parent major:minor root target options [fields] - type source options
  for (const std::string& line : lines_of(proc / "self/mountinfo")) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 7 || words.end() - dash < 3) continue;
    entries_.push_back({.device_number = words[2], .source = unescape(dash[2]), .target = unescape(words[4])});
  }
  for (const std::string& line : lines_of(proc / "swaps")) {
    const std::string file = unescape(line.substr(0, line.find_first_of(" \t")));
    if (file.starts_with('/')) entries_.push_back({.device_number = "", .source = file, .target = "swap"});
  }
}

std::vector<std::string> MountTable::uses_of(std::string_view device_number, const fs::path& device) const {
  std::vector<std::string> uses;
  for (const Entry& entry : entries_) {
    const bool same =
        (!entry.device_number.empty() && entry.device_number == device_number) || entry.source == device.string();
    if (same && std::find(uses.begin(), uses.end(), entry.target) == uses.end()) uses.push_back(entry.target);
  }
  return uses;
}

}  // namespace cairn::disk
