// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/elemental.h"
#include "cmd/parse.h"
#include "cmd/signals.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "core/reasons.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace cairn::cmd {
namespace {

log::Format log_format(const Arguments& arguments) {
  return arguments.get("log-format") == "json" ? log::Format::json : log::Format::text;
}

void configure_log(const Arguments& arguments) {
  const std::string level = arguments.get("log-level");
  log::configure(level == "debug"   ? log::Level::debug
                 : level == "info"  ? log::Level::info
                 : level == "error" ? log::Level::error
                                    : log::Level::warning,
                 log_format(arguments));
}

// Owns the progress that --progress asks for.
class ChosenProgress {
 public:
  explicit ChosenProgress(const std::string& form) {
    if (form == "json") owned_ = make_json_progress(2);
    if (form == "bar" || (form == "auto" && ::isatty(2) == 1)) owned_ = make_terminal_progress(2);
  }
  Progress& get() { return owned_ ? *owned_ : silent_progress(); }

 private:
  std::unique_ptr<Progress> owned_;
};

// Says on standard error what went wrong.
void report(const Error& error, log::Format format) {
  if (format == log::Format::json) {
    fmt::print(stderr, "{}\n",
               to_text(json::object{{"level", "error"},
                                    {"message", error.what()},
                                    {"code", error.reason().code},
                                    {"kind", to_string(error.kind())},
                                    {"remedy", error.remedy()}}));
  } else if (error.kind() == ErrorKind::canceled) {
    fmt::print(stderr, "cairn: stopped; nothing half-done is left ({})\n", error.reason().code);
  } else {
    fmt::print(stderr, "cairn: error: {}\n  code:   {}\n  remedy: {}\n", error.what(), error.reason().code,
               error.remedy());
  }
}

// Runs one line of ours; `format` becomes the form of its final error, as soon as that is known.
int run_line(std::span<const Subcommand> commands, const std::vector<std::string>& words, log::Format& format) {
  const Parsed parsed = parse_command_line(commands, words);
  if (parsed.command == nullptr) {
    fmt::print("{}", parsed.help);
    return 0;
  }
  format = log_format(parsed.arguments);
  configure_log(parsed.arguments);
  ChosenProgress progress(parsed.arguments.get("progress"));
  Session session{.stop = stop_on_signals(), .progress = progress.get()};
  const int status = parsed.command->run(parsed.arguments, session);
  if (std::fflush(stdout) != 0) throw system_error(errno, "writing standard output");
  return status;
}

// The status of `body`; what it throws is reported, and `status_of` says which status a reason has.
template <class Body, class StatusOf>
int guarded(const log::Format& format, Body&& body, StatusOf&& status_of) {
  const auto failed = [&](const Error& error) {
    report(error, format);
    return status_of(error.reason());
  };
  try {
    return body();
  } catch (const Error& error) {
    return failed(error);
  } catch (const std::filesystem::filesystem_error& error) {
    return failed(system_error(error.code().value(), error.what()));
  } catch (const std::bad_alloc&) {
    return failed(Error(reason::kSystem, "out of memory"));
  } catch (const std::exception& error) {
    return failed(Error(reason::kInternal, "{}", error.what()));
  }
}

int run(const std::vector<std::string>& words) {
  log::Format format = log::Format::text;
  return guarded(
      format, [&] { return run_line(all_commands(), words, format); },
      [](const Reason& reason) { return exit_code(reason.kind); });
}

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
  return guarded(format, body, [&](const Reason& reason) { return elemental_exit_code(command, reason); });
}

}  // namespace
}  // namespace cairn::cmd

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  // A link of this name is in every image (`cairn init`), so that what was made for Elemental goes on.
  const bool is_elemental = argc > 0 && std::filesystem::path(argv[0]).filename() == "elemental";
  return is_elemental ? cairn::cmd::run_elemental(words) : cairn::cmd::run(words);
}
