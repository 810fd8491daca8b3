// SPDX-License-Identifier: Apache-2.0
#include "cmd/config_file.h"

#include "cmd/elemental.h"
#include "cmd/parse.h"
#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>
#include <set>

namespace cairn::cmd {
namespace {

// What stands below a key is its own affair.
bool is_open(const ElementalFlag& flag) { return flag.form == Form::ignored; }

bool is_key(const std::string& setting, const std::string& key, bool open) {
  return setting == key || (open && setting.starts_with(key + "."));
}

std::string key_of(const ElementalFlag& flag, std::string_view section) {
  if (flag.key.empty()) return {};
  return flag.key.starts_with('/') ? std::string(flag.key.substr(1)) : fmt::format("{}.{}", section, flag.key);
}

// Sections of other commands are theirs; all else must be known.
void check_known(const ElementalSetting& setting, const ElementalCommand& command) {
  std::vector<std::string> known;
  for (const ElementalCommand& other : elemental_commands()) {
    const bool is_foreign = other.section != command.section;
    if (is_foreign && !other.section.empty()) {
      if (setting.key.starts_with(fmt::format("{}.", other.section))) return;
      known.emplace_back(other.section);
    }
    for (const ElementalFlag& flag : other.flags) {
      const std::string key = key_of(flag, other.section);
      if (key.empty() || (is_foreign && !flag.key.starts_with('/'))) continue;
      if (is_key(setting.key, key, is_open(flag))) return;
      known.push_back(key);
    }
  }
  const auto near = nearest(setting.key, known);
  throw Error(reason::kBadYaml, "{}: the key \"{}\" is not known here{}", setting.origin, printable(setting.key, 80),
              near ? fmt::format("; did you mean \"{}\"?", *near) : "");
}

// Both say what comes at the end.
bool is_end(std::string_view name) { return name == "reboot" || name == "poweroff"; }

}  // namespace

Configured with_settings(std::string_view command, const Arguments& typed, std::span<const ElementalSetting> settings,
                         std::span<const Subcommand> ours) {
  const auto commands = elemental_commands();
  const auto found =
      std::find_if(commands.begin(), commands.end(), [&](const auto& one) { return one.name == command; });
  for (const ElementalSetting& setting : settings) check_known(setting, *found);
  const ElementalTranslation translation = translate_elemental(
      {.command = &*found},
      {.settings = {settings.begin(), settings.end()}, .variables = {}, .defaults = ElementalWorld::Defaults::ours},
      ours);
  Configured result{.arguments = typed, .warnings = translation.warnings};
  std::set<std::string> names;
  for (const Arguments::Given& given : typed.given) names.insert(given.name);
  const bool ends = std::any_of(names.begin(), names.end(), is_end);
  for (Arguments::Given& given : parse_command_line(ours, translation.lines.front()).arguments.given) {
    if (names.contains(given.name) || (ends && is_end(given.name))) continue;
    result.arguments.given.push_back(std::move(given));
  }
  return result;
}

}  // namespace cairn::cmd
