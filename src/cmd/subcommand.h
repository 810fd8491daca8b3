// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/progress.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cmd {

// An option as a table row; help, man pages and parsing all come from it.
struct Option {
  enum class Repeat { once, many };
  std::string_view names;                      // "-o,--output" or "--label"; looked up by the long name without dashes
  std::string_view value;                      // "FILE"; empty for a switch
  std::string_view help;                       // one sentence
  std::string_view fallback = {};              // the value without the option, for help; empty = none
  std::vector<std::string_view> choices = {};  // if not empty, nothing else is accepted
  Repeat repeat = Repeat::once;
};

// A word without dashes.
struct Positional {
  enum class Need { required, optional, many };
  std::string_view name;  // "IMAGE"
  std::string_view help;
  Need need = Need::required;
};

// What the user typed, checked against the table. Names are long option names or positional names.
class Arguments {
 public:
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::optional<std::string> find(std::string_view name) const;  // the last one given
  std::string get(std::string_view name) const;                  // find, or the table's fallback, or ""
  std::vector<std::string> all(std::string_view name) const;
  // A whole number up to `max`; throws reason::kUsage naming the option.
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t max) const;

  struct Given {
    std::string name;
    std::string value;
  };
  std::vector<Given> given;
  std::vector<Given> fallbacks;
};

// What every command gets from main.
struct Session {
  std::stop_token stop;  // Ctrl-C, SIGTERM
  Progress& progress;    // as --progress asks
};

// A program that commands belong to.
struct Program {
  std::string_view name;
  std::string_view summary;  // for its help
};
inline constexpr Program kCairn{"cairn", "an operating system for edge machines, from a Dockerfile to the fleet"};
inline constexpr Program kOperator{"cairn-operator", "manages a fleet of machines through Kubernetes"};

// One command: one file in cmd/, one row in commands.cc or operator_commands.cc.
struct Subcommand {
  enum class Visibility { shown, hidden };
  std::string_view name;         // "build iso"
  std::string_view summary;      // for the list of commands
  std::string_view description;  // paragraphs for --help and the man page
  std::string_view example;      // command lines that work
  std::vector<Positional> positionals;
  std::vector<Option> options;
  int (*run)(const Arguments& arguments, Session& session);
  Visibility visibility = Visibility::shown;
  Program program = kCairn;
};

}  // namespace cairn::cmd
