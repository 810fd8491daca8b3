// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/elemental.h"
#include "cmd/program.h"
#include "core/clock.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace cairn::cmd {
namespace {

ElementalWorld elemental_world(const ElementalTyped& typed) {
  const bool builds = typed.command->file != "config.yaml";
  const auto now = std::chrono::system_clock::to_time_t(system_clock().wall());
  return {
      .settings = load_elemental_config(typed.folder.value_or(builds ? "." : "/etc/elemental"), typed.command->file),
      .variables = elemental_variables(environ),
      .date = fmt::format("{:%Y%m%d}", fmt::gmtime(static_cast<std::time_t>(source_date_epoch(now))))};
}

int run_elemental(const std::vector<std::string>& words) {
  log::Format format = log::Format::text;
  std::string_view command;
  const auto body = [&] {
    const ElementalTyped typed = parse_elemental(words);
    if (typed.command == nullptr) {
      fmt::print("{}", typed.help);
      return 0;
    }
    command = typed.command->name;
    const std::vector<Subcommand> commands = all_commands();
    const ElementalTranslation translation = translate_elemental(typed, elemental_world(typed), commands);
    for (const std::string& warning : translation.warnings) fmt::print(stderr, "elemental: warning: {}\n", warning);
    int status = 0;
    for (const auto& line : translation.lines) {
      status = run_line(commands, line, format);
      if (status != 0) break;
    }
    return translation.lenient ? 0 : elemental_exit_code(command, status);
  };
  return guarded(kCairn, format, body, [&](const Reason& reason) { return elemental_exit_code(command, reason); });
}

}  // namespace
}  // namespace cairn::cmd

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  // A link of this name is in every image (`cairn init`), so that what was made for Elemental goes on.
  const bool is_elemental = argc > 0 && std::filesystem::path(argv[0]).filename() == "elemental";
  return is_elemental ? cairn::cmd::run_elemental(words) : cairn::cmd::run_program(cairn::cmd::all_commands(), words);
}
