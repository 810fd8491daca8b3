// SPDX-License-Identifier: Apache-2.0
#include "cmd/help.h"

#include "core/text.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

constexpr std::size_t kWidth = 100;

// Breaks text into lines of kWidth behind `indent` spaces; lines that begin with a space are kept as they are.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  for (const std::string& paragraph : split(text, '\n')) {
    std::string line(indent, ' ');
    if (paragraph.starts_with(' ')) {
      out += line + paragraph + "\n";
      continue;
    }
    for (const std::string& word : split(paragraph, ' ')) {
      if (line.size() + 1 + word.size() > kWidth && line.size() > indent) {
        out += line + "\n";
        line.assign(indent, ' ');
      }
      line += (line.size() > indent ? " " : "") + word;
    }
    out += line.size() > indent ? line + "\n" : "\n";
  }
  return out;
}

std::string option_heading(const Option& option) {
  std::string text;
  for (const std::string& name : split(option.names, ',')) text += (text.empty() ? "" : ", ") + name;
  return option.value.empty() ? text : fmt::format("{} {}", text, option.value);
}

std::string option_help(const Option& option) {
  std::string text(option.help);
  if (!option.choices.empty()) {
    std::string choices;
    for (const std::string_view choice : option.choices) choices += (choices.empty() ? "" : ", ") + std::string(choice);
    text += fmt::format(" One of: {}.", choices);
  }
  if (!option.fallback.empty()) text += fmt::format(" Default: {}.", option.fallback);
  if (option.repeat == Option::Repeat::many) text += " May be given more than once.";
  return text;
}

std::string synopsis(const Subcommand& command) {
  std::string line = fmt::format("{} {} [OPTION]...", command.program.name, command.name);
  for (const Positional& positional : command.positionals) {
    switch (positional.need) {
      case Positional::Need::required: line += fmt::format(" {}", positional.name); break;
      case Positional::Need::optional: line += fmt::format(" [{}]", positional.name); break;
      case Positional::Need::many: line += fmt::format(" {}...", positional.name); break;
    }
  }
  return line;
}

std::string option_list(std::span<const Option> options) {
  std::string text;
  for (const Option& option : options) text += "  " + option_heading(option) + "\n" + wrapped(option_help(option), 8);
  return text;
}

// Text as man(7) takes it: no line may begin with a macro, and a dash is a dash.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

}  // namespace

std::vector<Option> global_options() {
  return {
      {.names = "-h,--help", .value = "", .help = "Show this help."},
      {.names = "--progress",
       .value = "FORM",
       .help = "How to show progress on standard error: a bar on a terminal, JSON lines for programs, or nothing.",
       .fallback = "auto",
       .choices = {"auto", "bar", "json", "none"}},
      {.names = "--log-level",
       .value = "LEVEL",
       .help = "What to log on standard error.",
       .fallback = "warning",
       .choices = {"error", "warning", "info", "debug"}},
      {.names = "--log-format",
       .value = "FORM",
       .help = "How to write logs and the final error.",
       .fallback = "text",
       .choices = {"text", "json"}},
  };
}

std::string overview(std::span<const Subcommand> commands, std::string_view group) {
  const Program& program = commands.front().program;
  std::string text = group.empty() ? fmt::format("{}: {}\n\n", program.name, program.summary)
                                   : fmt::format("{} {}: one of these commands\n\n", program.name, group);
  for (const Subcommand& command : commands) {
    if (command.visibility == Subcommand::Visibility::hidden) continue;
    if (!group.empty() && !command.name.starts_with(fmt::format("{} ", group))) continue;
    text += fmt::format("  {:<16} {}\n", command.name, command.summary);
  }
  return text + fmt::format("\nRun `{} COMMAND --help` for its options and an example.\n", program.name);
}

std::string usage(const Subcommand& command) {
  std::string text = fmt::format("{}\n\n{}", synopsis(command), wrapped(command.description, 0));
  if (!command.positionals.empty()) text += "\nArguments:\n";
  for (const Positional& positional : command.positionals) {
    text += fmt::format("  {}\n{}", positional.name, wrapped(positional.help, 8));
  }
  if (!command.options.empty()) text += "\nOptions:\n" + option_list(command.options);
  text += "\nOptions of every command:\n" + option_list(global_options());
  text += "\nExample:\n";
  for (const std::string& line : split(command.example, '\n')) text += fmt::format("  {}\n", line);
  return text;
}

std::string man_page(const Subcommand& command, std::string_view date) {
  std::string page_name = fmt::format("{}-", command.program.name);
  for (const char c : command.name) page_name += c == ' ' ? '-' : c;
  std::string text = fmt::format(".TH {} 8 {} cairn \"Cairn manual\"\n.SH NAME\n{} \\- {}\n", page_name, date,
                                 roff(page_name), roff(command.summary));
  text += fmt::format(".SH SYNOPSIS\n{}\n.SH DESCRIPTION\n", roff(synopsis(command)));
  for (const std::string& paragraph : split(command.description, '\n')) {
    text += paragraph.empty() ? ".PP\n" : roff(paragraph) + "\n";
  }
  if (!command.positionals.empty()) text += ".SH ARGUMENTS\n";
  for (const Positional& positional : command.positionals) {
    text += fmt::format(".TP\n{}\n{}\n", roff(positional.name), roff(positional.help));
  }
  text += ".SH OPTIONS\n";
  for (const auto& options : {command.options, global_options()}) {
    for (const Option& option : options) {
      text += fmt::format(".TP\n{}\n{}\n", roff(option_heading(option)), roff(option_help(option)));
    }
  }
  text += fmt::format(".SH EXAMPLE\n.nf\n{}\n.fi\n", roff(command.example));
  text +=
      ".SH EXIT STATUS\n0 success; 2 wrong input; 3 something is missing here; 4 not there or not answering;\n"
      "5 held by another; 6 refused; 7 damaged data; 8 no space; 70 a defect; 130 stopped.\n";
  return text;
}

}  // namespace cairn::cmd
