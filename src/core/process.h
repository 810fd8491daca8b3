// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/stream.h"

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn {

// A program to run: an argument vector, never a shell line.
struct Command {
  std::string program;            // looked up in PATH if it has no slash
  std::vector<std::string> args;  // without argv[0]
  std::optional<std::filesystem::path> directory = std::nullopt;
  std::map<std::string, std::string> environment = {};  // set on top of the inherited one
  std::string input = {};                               // standard input; empty = /dev/null
  Sink* output = nullptr;                               // where standard output goes as it comes; null = kept (bounded)
  bool pass_errors = false;                             // standard error goes to ours as it comes, too
  std::optional<milliseconds> timeout = std::nullopt;
  std::stop_token stop = {};

  // "mcopy -s -i efi.img ...", for messages.
  std::string to_text() const;
};

struct ExecResult {
  std::string output;       // standard output, at most 1 MiB, unless a sink took it
  std::string error_lines;  // the last 50 lines of standard error
};

// The seam to other programs: the real one forks, tests record or script.
class Runner {
 public:
  virtual ~Runner() = default;
  // Runs to the end. Throws reason::kToolMissing when there is no such program, kToolFailed with the last lines
  // of standard error when it ends with anything but 0, kTimedOut, kCanceled. The child has its own process group,
  // which is killed when this call leaves by an exception.
  virtual ExecResult run(const Command& command) = 0;
};

// Forks and executes; lives for the whole program.
Runner& system_runner();

// The full path of a program in PATH, if there is one.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace cairn
