// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental.h"
#include "cmd/reasons.h"
#include "core/reasons.h"
#include "core/text.h"
#include "oci/reference.h"

#include <algorithm>

namespace cairn::cmd {
namespace {

// A flag with all it was given, and by what, for messages.
struct Given {
  std::vector<std::string> values;
  std::string origin;  // "--cloud-init", "ELEMENTAL_REBOOT", "install.iso in /etc/elemental/config.yaml"
};

bool to_bool(const std::string& value, const std::string& origin) {
  const std::string lower = to_lower(value);
  for (const std::string_view yes : {"true", "t", "1", "yes", "on"}) {
    if (lower == yes) return true;
  }
  for (const std::string_view no : {"false", "f", "0", "no", "off", ""}) {
    if (lower == no) return false;
  }
  throw Error(cairn::reason::kUsage, "{}: \"{}\" is neither true nor false", origin, printable(value, 40));
}

std::string to_source(const std::string& text, const std::string& origin) {
  return with_context(origin,
                      [&] { return oci::SourceSpec::parse(text, oci::SourceSpec::Dialect::elemental).to_text(); });
}

std::string to_platform(const std::string& machine, const std::string& origin) {
  if (machine == "x86_64" || machine == "amd64") return "linux/amd64";
  if (machine == "aarch64" || machine == "arm64") return "linux/arm64";
  if (machine == "riscv64") return "linux/riscv64";
  throw Error(cairn::reason::kUsage, "{}: the processor \"{}\" is not known", origin, printable(machine, 40));
}

const Subcommand& require_command(std::span<const Subcommand> ours, const ElementalCommand& command) {
  for (const Subcommand& one : ours) {
    if (one.name == command.ours) return one;
  }
  if (command.ours.empty()) {
    throw Error(reason::kNotOurs, "`elemental {}` is not supported", command.name)
        .set_remedy(fmt::format("Elemental's way is not ours: {}.", command.refusal));
  }
  throw Error(reason::kNotOurs, "`elemental {}` is `cairn {}`, which this program does not have", command.name,
              command.ours);
}

bool has_option(const Subcommand& command, std::string_view name) {
  return std::any_of(command.options.begin(), command.options.end(), [&](const Option& option) {
    const auto names = split(option.names, ',');
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

// One line of ours, out of a command with all that decides.
class Translator {
 public:
  Translator(const ElementalTyped& typed, const ElementalCommand& command, const ElementalWorld& world,
             const Subcommand& target)
      : typed_(typed), command_(command), world_(world), target_(target) {}

  std::vector<std::string> translate() {
    take_words();
    for (const ElementalFlag& flag : command_.flags) {
      if (const Given given = find(flag); !given.values.empty()) {
        apply(flag, given);
      } else if (flag.form == Form::unless && world_.defaults == ElementalWorld::Defaults::elemental) {
        add_option(flag.ours, "--" + std::string(flag.name));
      }
    }
    for (const std::string_view word : command_.adds) add_option(word, command_.name);
    if (!command_.output_suffix.empty()) add_option("--output", "--output", output());
    std::vector<std::string> line = split(command_.ours, ' ');
    line.insert(line.end(), options_.begin(), options_.end());
    line.insert(line.end(), typed_.ours.begin(), typed_.ours.end());
    // Words come last: none can be taken for an option.
    if (!words_.empty()) line.emplace_back("--");
    line.insert(line.end(), words_.begin(), words_.end());
    return line;
  }

  std::vector<std::string> warnings;

  // What a flag was given: on the command line, else by the environment, else by the configuration.
  Given find(const ElementalFlag& flag) const {
    const std::string name(flag.name);
    if (const auto typed = typed_.flags.find(name); typed != typed_.flags.end()) return {typed->second, "--" + name};
    if (!flag.variable.empty()) {
      const auto variable = world_.variables.find(std::string(flag.variable));
      if (variable != world_.variables.end()) return {{variable->second}, fmt::format("ELEMENTAL_{}", flag.variable)};
    }
    const std::string key = full_key(flag);
    for (auto it = world_.settings.rbegin(); !key.empty() && it != world_.settings.rend(); ++it) {
      // A mapping stands for a flag, too: its members have no flags of their own.
      if (it->key == key || (flag.form == Form::ignored && it->key.starts_with(key + "."))) {
        return {it->values, fmt::format("{} in {}", it->key, it->origin)};
      }
    }
    return {};
  }

  std::string full_key(const ElementalFlag& flag) const {
    if (flag.key.empty()) return {};
    if (flag.key.starts_with('/')) return std::string(flag.key.substr(1));
    return fmt::format("{}.{}", command_.section, flag.key);
  }

 private:
  void take_words() {
    if (typed_.words.size() > command_.words.size() && !command_.any_words) {
      throw Error(cairn::reason::kUsage, "`elemental {}` does not take the word \"{}\"", command_.name,
                  printable(typed_.words[command_.words.size()], 64));
    }
    for (std::size_t i = 0; i < std::min(typed_.words.size(), command_.words.size()); ++i) {
      words_.push_back(command_.words[i] == Form::word ? to_source(typed_.words[i], typed_.words[i]) : typed_.words[i]);
    }
    if (command_.any_words && !typed_.words.empty()) {
      warnings.push_back(fmt::format("{}: everything a node needs is installed", typed_.words.front()));
    }
  }

  void apply(const ElementalFlag& flag, const Given& given) {
    const std::string& last = given.values.back();
    switch (flag.form) {
      case Form::option: apply_option(flag, given); break;
      case Form::list:
        for (const std::string& value : given.values) {
          for (const std::string& one : split(value, ',')) add_option(flag.ours, given.origin, one);
        }
        break;
      case Form::source: add_option(flag.ours, given.origin, to_source(last, given.origin)); break;
      case Form::overlay: add_option(flag.ours, given.origin, "dir:" + last); break;
      case Form::word: take_image(given); break;
      case Form::plain:
        if (words_.empty()) words_.push_back(last);
        break;
      case Form::partition: apply_partition(flag, given); break;
      case Form::extra:
        for (const std::string& value : given.values) add_option(flag.ours, given.origin, value);
        break;
      case Form::size: add_option(flag.ours, given.origin, last + "M"); break;
      case Form::arch: add_option(flag.ours, given.origin, to_platform(last, given.origin)); break;
      case Form::unless:
      case Form::denied:
        if (!to_bool(last, given.origin)) add_option(flag.ours, given.origin);
        break;
      case Form::phrase: apply_phrase(flag, given); break;
      case Form::must_be: apply_must_be(flag, given); break;
      case Form::file_part: parts_[std::string(flag.name)] = last; break;
      case Form::ignored:
        if (!flag.is_switch || to_bool(last, given.origin)) {
          warnings.push_back(fmt::format("{} has no effect: {}", given.origin, flag.ours));
        }
        break;
      case Form::refused:
      case Form::signature: refuse(flag, given); break;
    }
  }

  void apply_option(const ElementalFlag& flag, const Given& given) {
    if (flag.is_switch) {
      if (to_bool(given.values.back(), given.origin)) add_option(flag.ours, given.origin);
    } else {
      add_option(flag.ours, given.origin, given.values.back());
    }
  }

  void take_image(const Given& given) {
    // What was named before, or by a word of the command line, comes first.
    if (!words_.empty()) return;
    words_.push_back(to_source(given.values.front(), given.origin));
    for (std::size_t i = 1; i < given.values.size(); ++i) {
      add_option("--overlay", given.origin, to_source(given.values[i], given.origin));
    }
  }

  void apply_phrase(const ElementalFlag& flag, const Given& given) {
    if (flag.ours.empty() || !to_bool(given.values.back(), given.origin)) return;
    const std::vector<std::string> words = split(flag.ours, ' ');
    add_option(words[0], given.origin, words.size() > 1 ? std::optional(words[1]) : std::nullopt);
  }

  void apply_partition(const ElementalFlag& flag, const Given& given) {
    const auto size = parse_number(given.values.back());
    if (!size) {
      throw Error(cairn::reason::kUsage, "{}: \"{}\" is not a number of MiB", given.origin,
                  printable(given.values.back(), 40));
    }
    if (*size != 0) add_option("--partition-size", given.origin, fmt::format("{}={}M", flag.ours, *size));
  }

  static void apply_must_be(const ElementalFlag& flag, const Given& given) {
    if (given.values.back() == flag.ours) return;
    throw Error(reason::kNotOurs, "{}: \"{}\" is not supported, only {}", given.origin,
                printable(given.values.back(), 64), flag.ours);
  }

  static void refuse(const ElementalFlag& flag, const Given& given) {
    // A promise that was taken back is none.
    if (flag.is_switch && !to_bool(given.values.back(), given.origin)) return;
    if (flag.form == Form::signature) throw Error(reason::kNoSignatures, "{} asks to verify a signature", given.origin);
    throw Error(reason::kNotOurs, "{} is not supported", given.origin)
        .set_remedy(fmt::format("Leave it out; instead, {}.", flag.ours));
  }

  void add_option(std::string_view name, std::string_view origin, const std::optional<std::string>& value = {}) {
    if (!has_option(target_, name)) {
      throw Error(reason::kNotOurs, "{} would be {} of `cairn {}`, which has no such option", origin, name,
                  target_.name);
    }
    options_.push_back(value ? fmt::format("{}={}", name, *value) : std::string(name));
  }

  // Elemental names a folder, a name and perhaps the date; we name the file.
  std::string output() const {
    const auto part = [&](const char* name, const char* fallback) {
      const auto found = parts_.find(name);
      return found == parts_.end() ? std::string(fallback) : found->second;
    };
    const bool dated = to_bool(part("date", "false"), "--date");
    return fmt::format("{}/{}{}{}", part("output", "."), part("name", "elemental"),
                       dated ? "." + world_.date : std::string(), command_.output_suffix);
  }

  const ElementalTyped& typed_;
  const ElementalCommand& command_;
  const ElementalWorld& world_;
  const Subcommand& target_;
  std::vector<std::string> options_;
  std::vector<std::string> words_;
  std::map<std::string, std::string> parts_;
};

// Settings that this command should have heeded and that no row of its table has.
void warn_of_settings(const ElementalCommand& command, const ElementalWorld& world, const Translator& translator,
                      std::vector<std::string>& warnings) {
  for (const ElementalSetting& setting : world.settings) {
    const std::string section = setting.key.substr(0, setting.key.find('.'));
    if (command.section.empty() || section != command.section) continue;
    const bool known = std::any_of(command.flags.begin(), command.flags.end(), [&](const ElementalFlag& flag) {
      const std::string key = translator.full_key(flag);
      return !key.empty() && (setting.key == key || setting.key.starts_with(key + "."));
    });
    if (!known) warnings.push_back(fmt::format("{} in {} has no effect", setting.key, setting.origin));
  }
}

const ElementalCommand& get_command(std::string_view name) {
  const auto commands = elemental_commands();
  return *std::find_if(commands.begin(), commands.end(), [&](const auto& one) { return one.name == name; });
}

const ElementalFlag& get_flag(const ElementalCommand& command, std::string_view name) {
  return *std::find_if(command.flags.begin(), command.flags.end(), [&](const auto& one) { return one.name == name; });
}

}  // namespace

ElementalTranslation translate_elemental(const ElementalTyped& typed, const ElementalWorld& world,
                                         std::span<const Subcommand> ours) {
  const ElementalCommand& command = *typed.command;
  const Subcommand& target = require_command(ours, command);
  ElementalTranslation result{.lines = {}, .warnings = typed.warnings};
  Translator translator(typed, command, world, target);

  const auto is_true = [&](std::string_view name) {
    const Given given = translator.find(get_flag(command, name));
    return !given.values.empty() && to_bool(given.values.back(), given.origin);
  };
  if (command.name == "upgrade" && world.defaults == ElementalWorld::Defaults::elemental && is_true("recovery")) {
    // Elemental replaces recovery, too. The machine may start again only after both.
    ElementalTyped first = typed;
    first.flags["recovery"] = {"false"};
    first.flags["reboot"] = {"false"};
    first.flags["poweroff"] = {"false"};
    ElementalTyped second = typed;
    second.command = &get_command("upgrade-recovery");
    for (const ElementalTyped* part : {&first, &second}) {
      ElementalTranslation one = translate_elemental(*part, world, ours);
      result.lines.push_back(std::move(one.lines.front()));
      if (part == &first) result.warnings = std::move(one.warnings);
    }
    return result;
  }
  result.lenient = command.status == ElementalCommand::Status::lenient && !is_true("strict");
  result.lines.push_back(translator.translate());
  result.warnings.insert(result.warnings.end(), translator.warnings.begin(), translator.warnings.end());
  warn_of_settings(command, world, translator, result.warnings);
  return result;
}

}  // namespace cairn::cmd
