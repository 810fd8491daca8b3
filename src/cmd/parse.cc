// SPDX-License-Identifier: Apache-2.0
#include "cmd/parse.h"

#include "cmd/help.h"
#include "core/reasons.h"
#include "core/text.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace cairn::cmd {
namespace {

std::string long_name(const Option& option) {
  for (const std::string& name : split(option.names, ',')) {
    if (name.starts_with("--")) return name.substr(2);
  }
  return std::string(option.names);
}

Error usage_error(std::string_view text, const Program& program, std::string_view command) {
  return Error(reason::kUsage, "{}", text)
      .set_remedy(fmt::format("Run `{} {}{}--help`.", program.name, command, command.empty() ? "" : " "));
}

// "; did you mean --output?"
std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  return near ? fmt::format("; did you mean {}?", *near) : "";
}

// The command named by the leading words, and how many words its name takes.
struct Choice {
  const Subcommand* command = nullptr;
  std::size_t words = 0;
};

Choice choose(std::span<const Subcommand> commands, const std::vector<std::string>& words) {
  for (const Subcommand& command : commands) {
    const auto names = split(command.name, ' ');
    if (names.size() <= words.size() && std::equal(names.begin(), names.end(), words.begin())) {
      return {&command, names.size()};
    }
  }
  return {};
}

[[noreturn]] void refuse_command(std::span<const Subcommand> commands, const std::vector<std::string>& words) {
  const Program& program = commands.front().program;
  std::vector<std::string> known;
  std::string group;
  for (const Subcommand& command : commands) {
    const auto names = split(command.name, ' ');
    if (names.size() == 2 && names[0] == words[0]) group = names[0];
    if (command.visibility == Subcommand::Visibility::shown) known.emplace_back(command.name);
  }
  if (!group.empty() && words.size() == 1)
    throw usage_error(fmt::format("`{} {}` needs a second word", program.name, group), program, group);
  const std::string typed = group.empty() ? words[0] : words[0] + " " + words[1];
  throw usage_error(fmt::format("there is no command \"{}\"{}", printable(typed, 64), suggestion(typed, known)),
                    program, group);
}

bool is_help(std::string_view word) { return word == "-h" || word == "--help" || word == "help"; }

// CLI11 does the splitting of words; tables and messages are ours.
class TableParser {
 public:
  explicit TableParser(const Subcommand& command) : command_(command), options_(command.options) {
    for (const Option& option : global_options()) options_.push_back(option);
    app_.set_help_flag();
    app_.allow_extras(false);
    for (const Option& option : options_) parsed_options_.push_back(add_option(option));
    for (const Positional& positional : command.positionals) parsed_words_.push_back(add_positional(positional));
  }

  Arguments parse(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());  // CLI11 takes them last first
    try {
      app_.parse(words);
    } catch (const CLI::ExtrasError&) {  // recovers nothing: says it in our words
      throw unknown_word();
    } catch (const CLI::ParseError& error) {  // the same
      throw refusal(printable(error.what(), 400));
    }
    return collect();
  }

 private:
  CLI::Option* add_option(const Option& option) {
    const std::string names(option.names);
    if (option.value.empty()) return app_.add_flag(names);
    CLI::Option* added = app_.add_option(names)->type_name(std::string(option.value));
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (!option.choices.empty()) {
      added->check(CLI::IsMember(std::vector<std::string>(option.choices.begin(), option.choices.end())));
    }
    return added;
  }

  CLI::Option* add_positional(const Positional& positional) {
    CLI::Option* added = app_.add_option(std::string(positional.name));
    if (positional.need == Positional::Need::many) added->expected(1, CLI::detail::expected_max_vector_size);
    return added->required(positional.need != Positional::Need::optional);
  }

  Error unknown_word() const {
    const std::vector<std::string> extras = app_.remaining();
    const std::string& word = extras.empty() ? std::string() : extras.front();
    if (!word.starts_with('-')) {
      return refusal(fmt::format("`{} {}` does not take the word \"{}\"", command_.program.name, command_.name,
                                 printable(word, 64)));
    }
    std::vector<std::string> known;
    for (const Option& option : options_) known.push_back("--" + long_name(option));
    return refusal(fmt::format("`{} {}` has no option {}{}", command_.program.name, command_.name, printable(word, 64),
                               suggestion(word.substr(0, word.find('=')), known)));
  }

  Error refusal(std::string_view text) const { return usage_error(text, command_.program, command_.name); }

  Arguments collect() const {
    Arguments arguments;
    for (std::size_t i = 0; i < options_.size(); ++i) {
      const std::string name = long_name(options_[i]);
      const std::vector<std::string>& values = parsed_options_[i]->results();
      if (options_[i].repeat == Option::Repeat::once && values.size() > 1 && !options_[i].value.empty()) {
        throw refusal(fmt::format("--{} is given {} times", name, values.size()));
      }
      for (const std::string& value : values) arguments.given.push_back({name, value});
      if (!options_[i].fallback.empty()) arguments.fallbacks.push_back({name, std::string(options_[i].fallback)});
    }
    for (std::size_t i = 0; i < parsed_words_.size(); ++i) {
      for (const std::string& word : parsed_words_[i]->results()) {
        arguments.given.push_back({std::string(command_.positionals[i].name), word});
      }
    }
    return arguments;
  }

  const Subcommand& command_;
  std::vector<Option> options_;
  CLI::App app_;
  std::vector<CLI::Option*> parsed_options_;  // of options_, owned by app_
  std::vector<CLI::Option*> parsed_words_;    // of the command's positionals, owned by app_
};

}  // namespace

std::optional<std::string> Arguments::find(std::string_view name) const {
  for (auto it = given.rbegin(); it != given.rend(); ++it) {
    if (it->name == name) return it->value;
  }
  return std::nullopt;
}

std::string Arguments::get(std::string_view name) const {
  if (auto value = find(name)) return *std::move(value);
  for (const Given& fallback : fallbacks) {
    if (fallback.name == name) return fallback.value;
  }
  return {};
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Given& one : given) {
    if (one.name == name) values.push_back(one.value);
  }
  return values;
}

std::optional<std::uint64_t> Arguments::number(std::string_view name, std::uint64_t max) const {
  const auto text = find(name);
  if (!text) return std::nullopt;
  const auto value = parse_number(*text);
  if (!value || *value > max) {
    throw Error(reason::kUsage, "--{} is \"{}\", not a whole number from 0 to {}", name, printable(*text, 40), max);
  }
  return value;
}

Parsed parse_command_line(std::span<const Subcommand> commands, const std::vector<std::string>& words) {
  if (words.empty() || is_help(words[0])) {
    std::vector<std::string> rest(words.begin() + (words.empty() ? 0 : 1), words.end());
    if (rest.empty()) return {.command = nullptr, .arguments = {}, .help = overview(commands, "")};
    rest.push_back("--help");  // "cairn help build iso"
    return parse_command_line(commands, rest);
  }
  if (words[0] == "--version") return parse_command_line(commands, {"version"});
  const Choice choice = choose(commands, words);
  if (choice.command == nullptr) {
    if (words.size() >= 2 && is_help(words[1])) {
      for (const Subcommand& command : commands) {
        if (command.name.starts_with(words[0] + " ")) {
          return {.command = nullptr, .arguments = {}, .help = overview(commands, words[0])};
        }
      }
    }
    refuse_command(commands, words);
  }
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(choice.words), words.end());
  const auto end_of_options = std::find(rest.begin(), rest.end(), "--");
  if (std::any_of(rest.begin(), end_of_options, [](const std::string& w) { return w == "-h" || w == "--help"; })) {
    return {.command = nullptr, .arguments = {}, .help = usage(*choice.command)};
  }
  return {.command = choice.command, .arguments = TableParser(*choice.command).parse(rest), .help = {}};
}

}  // namespace cairn::cmd
