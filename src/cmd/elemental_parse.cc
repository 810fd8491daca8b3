// SPDX-License-Identifier: Apache-2.0
#include "cmd/elemental.h"
#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>

namespace cairn::cmd {
namespace {

// Flags of every command.
const std::vector<ElementalFlag>& global_flags() {
  static const std::vector<ElementalFlag> flags = {
      {"debug", 0, true}, {"quiet", 0, true}, {"config-dir"}, {"logfile"}, {"help", 'h', true}};
  return flags;
}

template <class... Args>
Error usage(fmt::format_string<Args...> format, Args&&... args) {
  return Error(cairn::reason::kUsage, format, std::forward<Args>(args)...)
      .set_remedy("Run `elemental --help`, or the command with --help.");
}

// "; did you mean install?"
std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  return near ? fmt::format("; did you mean {}?", *near) : "";
}

const ElementalCommand& find_command(const std::string& word) {
  std::vector<std::string> known;
  for (const ElementalCommand& command : elemental_commands()) {
    if (command.name == word) return command;
    known.emplace_back(command.name);
  }
  throw usage("Elemental has no command \"{}\"{}", printable(word, 64), suggestion(word, known));
}

std::string help_of(const ElementalCommand& command) {
  std::string text = fmt::format("elemental {}: here {}\n\n", command.name,
                                 command.ours.empty() ? "not supported" : fmt::format("`cairn {}`", command.ours));
  for (const ElementalFlag& flag : command.flags) {
    // What only configuration has is no flag.
    const std::string name =
        flag.letter != 0 ? fmt::format("-{}, --{}", flag.letter, flag.name) : fmt::format("--{}", flag.name);
    const bool nothing = flag.form == Form::ignored || flag.form == Form::refused;
    text +=
        fmt::format("  {:<32} {}{}\n", name, nothing ? (flag.form == Form::refused ? "refused: " : "no effect: ") : "",
                    flag.form == Form::signature ? "refused: signatures can't be verified yet" : flag.ours);
  }
  return text;
}

std::string help_of_all() {
  std::string text =
      "elemental: the commands of Elemental's toolkit, done by cairn\n\nUsage: elemental COMMAND [FLAG]...\n\n";
  for (const ElementalCommand& command : elemental_commands()) {
    text += fmt::format("  {:<18} {}\n", command.name,
                        command.ours.empty() ? "not supported" : fmt::format("cairn {}", command.ours));
  }
  return text + "\nFlags of every command: --config-dir DIR, --debug, --quiet, --logfile FILE, --help\n";
}

// Words as Elemental's own parser takes them: flags anywhere, values behind "=" or as the next word, letters together.
class ElementalParser {
 public:
  explicit ElementalParser(const std::vector<std::string>& words) : words_(words) {}

  ElementalTyped parse() {
    find_the_command();
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (ended_ || word == "-" || !word.starts_with('-')) {
        if (at_ != command_at_) typed_.words.push_back(word);
      } else if (word == "--") {
        ended_ = true;
      } else if (word.starts_with("--")) {
        take_long(word.substr(2));
      } else {
        take_letters(word);
      }
    }
    take_globals();
    return std::move(typed_);
  }

 private:
  // Its flags are needed to read the words before it.
  void find_the_command() {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] == "--config-dir" || words_[i] == "--logfile") {
        ++i;
      } else if (!words_[i].starts_with('-')) {
        if (words_[i] == "help") continue;
        command_at_ = i;
        typed_.command = &find_command(words_[i]);
        return;
      }
    }
  }

  const ElementalFlag* find(auto matches) const {
    for (const ElementalFlag& flag : global_flags()) {
      if (matches(flag)) return &flag;
    }
    if (typed_.command == nullptr) return nullptr;
    for (const ElementalFlag& flag : typed_.command->flags) {
      if (matches(flag)) return &flag;
    }
    return nullptr;
  }

  void take_long(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const ElementalFlag* flag = find([&](const ElementalFlag& one) { return one.name == name; });
    if (flag == nullptr) throw unknown("--" + name);
    if (equals != std::string::npos) {
      add(*flag, text.substr(equals + 1));
    } else {
      add(*flag, flag->is_switch ? "true" : next("--" + name));
    }
  }

  void take_letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const ElementalFlag* flag = find([&](const ElementalFlag& one) { return one.letter == word[i]; });
      if (flag == nullptr) throw unknown(word);
      if (flag->is_switch) {
        add(*flag, "true");
        continue;
      }
      const std::string rest = word.substr(i + 1);
      add(*flag, rest.empty() ? next(word) : rest.starts_with('=') ? rest.substr(1) : rest);
      return;
    }
  }

  std::string next(const std::string& flag) {
    if (at_ + 1 >= words_.size()) throw usage("the flag {} needs a value", printable(flag, 64));
    return words_[++at_];
  }

  void add(const ElementalFlag& flag, std::string value) {
    typed_.flags[std::string(flag.name)].push_back(std::move(value));
  }

  Error unknown(const std::string& word) const {
    std::vector<std::string> known;
    for (const ElementalFlag& flag : typed_.command != nullptr ? typed_.command->flags : global_flags()) {
      known.push_back("--" + std::string(flag.name));
    }
    return usage("`elemental{}{}` has no flag {}{}", typed_.command != nullptr ? " " : "",
                 typed_.command != nullptr ? typed_.command->name : "", printable(word, 64), suggestion(word, known));
  }

  void take_globals() {
    const auto taken = [&](const char* name) {
      auto node = typed_.flags.extract(name);
      return node.empty() ? std::vector<std::string>() : node.mapped();
    };
    const bool asks_help = !taken("help").empty() || std::find(words_.begin(), words_.end(), "help") == words_.begin();
    if (typed_.command == nullptr || asks_help) {
      typed_.help = typed_.command != nullptr ? help_of(*typed_.command) : help_of_all();
      typed_.command = nullptr;
      return;
    }
    if (const auto folder = taken("config-dir"); !folder.empty()) typed_.folder = folder.back();
    if (const auto debug = taken("debug"); !debug.empty() && debug.back() == "true")
      typed_.ours = {"--log-level=debug"};
    if (const auto quiet = taken("quiet"); !quiet.empty() && quiet.back() == "true") {
      typed_.ours = {"--log-level=error", "--progress=none"};
    }
    if (!taken("logfile").empty()) typed_.warnings.emplace_back("--logfile: logs go to standard error");
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::size_t command_at_ = std::string::npos;
  bool ended_ = false;
  ElementalTyped typed_;
};

}  // namespace

ElementalTyped parse_elemental(const std::vector<std::string>& words) { return ElementalParser(words).parse(); }

}  // namespace cairn::cmd
