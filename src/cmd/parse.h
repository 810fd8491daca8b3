// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"

#include <span>

namespace cairn::cmd {

// A command line understood: which command, and what it was given (global options among it).
struct Parsed {
  const Subcommand* command = nullptr;  // null: only `help` is set
  Arguments arguments;
  std::string help;  // what to print instead of running, if asked for
};

// Words are argv without argv[0]. Throws reason::kUsage with the nearest known word as a suggestion.
Parsed parse_command_line(std::span<const Subcommand> commands, const std::vector<std::string>& words);

}  // namespace cairn::cmd
