// SPDX-License-Identifier: Apache-2.0
#include "tool/shell.h"

namespace cairn::tool {

Command shell_line(std::string line) { return {.program = "/bin/sh", .args = {"-c", std::move(line)}}; }

std::string quote_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace cairn::tool
