// SPDX-License-Identifier: Apache-2.0
// What the loader reads, as our code writes it, for tests that make disks:
//   loader_files grub-config STATE RECOVERY TIMEOUT
//   loader_files bootstate SEQ ACTIVE "PASSIVES" TRIES VERDICT RECOVERY ONCE
//   loader_files cmdline WORDS
//   loader_files twin
#include "boot/bootstate.h"
#include "boot/grub_config.h"
#include "core/error.h"
#include "core/reasons.h"
#include "core/text.h"

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace cairn;

std::uint32_t number(const std::string& text) {
  const auto value = parse_number(text);
  if (!value) throw Error(cairn::reason::kUsage, "{} is no number", text);
  return static_cast<std::uint32_t>(*value);
}

std::string boot_state(const std::vector<std::string>& words) {
  boot::BootState state{.sequence = number(words.at(0)), .active = number(words.at(1))};
  for (const std::string& passive : split(words.at(2), ' ')) {
    if (!passive.empty()) state.passives.push_back(number(passive));
  }
  state.tries = number(words.at(3));
  state.verdict = words.at(4) == "trying" ? boot::Verdict::trying : boot::Verdict::good;
  state.recovery = number(words.at(5));
  state.recovery_once = words.at(6) == "recovery";
  return boot::compose(state);
}

std::string text_of(const std::string& what, const std::vector<std::string>& words) {
  if (what == "grub-config") {
    return boot::grub_config({.state_partition = number(words.at(0)),
                              .recovery_partition = number(words.at(1)),
                              .timeout = number(words.at(2))});
  }
  if (what == "bootstate") return boot_state(words);
  if (what == "twin") return boot::twin_block();
  if (what == "cmdline") return boot::kernel_words_block(words.at(0));
  throw Error(cairn::reason::kUsage, "{} is none of grub-config, bootstate, cmdline, twin", what);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw Error(cairn::reason::kUsage, "what to write is missing");
    const std::string text = text_of(argv[1], {argv + 2, argv + argc});
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "loader_files: %s\n", error.what());
    return 2;
  }
}
