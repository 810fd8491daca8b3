// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"

#include <span>

namespace cairn::cmd {

// The options that every command takes.
std::vector<Option> global_options();

// "cairn --help", or of a group: "cairn build --help". There is one command at least, and all are of one program.
std::string overview(std::span<const Subcommand> commands, std::string_view group);
// "cairn build iso --help".
std::string usage(const Subcommand& command);
// The man page, section 8, in man(7) macros.
std::string man_page(const Subcommand& command, std::string_view date);

}  // namespace cairn::cmd
