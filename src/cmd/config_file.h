// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmd/elemental_config.h"
#include "cmd/subcommand.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

// The configuration file of commands that change a machine (docs/installing.md, "Configuration"): Elemental's keys, by
// the one table of its words.
namespace cairn::cmd {

// A line that was typed, with what the configuration says beside it; what was typed counts more.
struct Configured {
  Arguments arguments;
  std::vector<std::string> warnings;  // what was said and has no effect here
};

// `command` is "install", "upgrade" or "reset". Throws reason::kBadYaml at its place for a key that no command knows,
// reason::kNotOurs and reason::kNoSignatures as the words of Elemental do.
Configured with_settings(std::string_view command, const Arguments& typed, std::span<const ElementalSetting> settings,
                         std::span<const Subcommand> ours);

}  // namespace cairn::cmd
