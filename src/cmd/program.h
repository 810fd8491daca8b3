// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/subcommand.h"
#include "core/error.h"
#include "core/log.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cairn::cmd {

// Runs one command line of a program and returns its status. `format` becomes the form of the program's final error, as
// soon as that is known. Throws what the command throws.
int run_line(std::span<const Subcommand> commands, const std::vector<std::string>& words, log::Format& format);

// The status of `body`; what it throws is said on standard error, and `status_of` says which status its reason has.
int guarded(const Program& program, const log::Format& format, const std::function<int()>& body,
            const std::function<int(const Reason&)>& status_of);

// The whole of a program that has no other names.
int run_program(std::span<const Subcommand> commands, const std::vector<std::string>& words);

}  // namespace cairn::cmd
