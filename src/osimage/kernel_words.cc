// SPDX-License-Identifier: Apache-2.0
#include "osimage/kernel_words.h"

#include "core/text.h"
#include "osimage/reasons.h"

#include <algorithm>

namespace cairn::osimage {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._,:=/@+-").find(c) != std::string_view::npos;
}

void check_word(const std::string& word, std::string_view what) {
  const bool passes = std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '\''; });
  if (!passes) {
    throw Error(reason::kBadKernelWords, "{}: the kernel word \"{}\" has a quote, a control character or is not ASCII",
                what, printable(word));
  }
}

}  // namespace

std::vector<std::string> default_kernel_words() {
  return {"console=tty0", "console=ttyS0,115200", "panic=10", "rd.shell=0", "rd.emergency=reboot"};
}

std::vector<std::string> parse_kernel_words(std::string_view text, std::string_view what) {
  if (text.size() > kMaxCmdline) {
    throw Error(reason::kBadKernelWords, "{}: more than {} bytes of kernel words", what, kMaxCmdline);
  }
  std::vector<std::string> words;
  for (const std::string& line : split(text, '\n')) {
    std::string word;
    for (const char c : line.substr(0, line.find('#')) + ' ') {
      if (!is_space(c)) {
        word += c;
      } else if (!word.empty()) {
        check_word(word, what);
        words.push_back(std::move(word));
        word.clear();
      }
    }
  }
  return words;
}

std::string quote_for_grub(const std::string& word) {
  return std::all_of(word.begin(), word.end(), is_plain) ? word : "'" + word + "'";
}

}  // namespace cairn::osimage
