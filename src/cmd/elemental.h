// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/elemental_config.h"
#include "cmd/elemental_table.h"
#include "cmd/subcommand.h"
#include "core/error.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

// The face that `cairn` shows when it is called `elemental` (docs/elemental.md): Elemental's words become ours by one
// table, and the same functions run.
namespace cairn::cmd {

// A command line of Elemental as it was typed.
struct ElementalTyped {
  const ElementalCommand* command = nullptr;              // null: help was asked for
  std::map<std::string, std::vector<std::string>> flags;  // by name; a switch has "true" or "false"
  std::vector<std::string> words;
  std::optional<std::string> folder;  // --config-dir
  std::vector<std::string> ours;      // what global flags become
  std::vector<std::string> warnings;
  std::string help;
};

// Throws reason::kUsage, with the nearest known word.
ElementalTyped parse_elemental(const std::vector<std::string>& words);

// What else decides.
struct ElementalWorld {
  std::vector<ElementalSetting> settings;        // later ones count more
  std::map<std::string, std::string> variables;  // count more than settings, and less than flags
  std::string date = {};                         // "20260203"
  // What is not said is as Elemental does it, or as we do.
  enum class Defaults { elemental, ours } defaults = Defaults::elemental;
};

// What is to run instead.
struct ElementalTranslation {
  std::vector<std::vector<std::string>> lines;  // of words for parse_command_line(), one after another
  std::vector<std::string> warnings;            // what was said and has no effect here
  bool lenient = false;                         // a command that failed in part has not failed
};

// Throws reason::kUsage, reason::kNotOurs for what `ours` has no command or option for, and reason::kNoSignatures.
ElementalTranslation translate_elemental(const ElementalTyped& typed, const ElementalWorld& world,
                                         std::span<const Subcommand> ours);

// The exit code that Elemental's scripts know for a failure of this command, by the code of its reason.
int elemental_exit_code(std::string_view command, const Reason& reason);
// The same for a command that ended by itself with `status`.
int elemental_exit_code(std::string_view command, int status);

}  // namespace cairn::cmd
