// SPDX-License-Identifier: Apache-2.0
#include "cmd/program.h"

#include "cmd/parse.h"
#include "cmd/signals.h"
#include "core/json.h"
#include "core/reasons.h"

#include <fmt/core.h>
#include <unistd.h>

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
void report(const Program& program, const Error& error, log::Format format) {
  if (format == log::Format::json) {
    fmt::print(stderr, "{}\n",
               to_text(json::object{{"level", "error"},
                                    {"message", error.what()},
                                    {"code", error.reason().code},
                                    {"kind", to_string(error.kind())},
                                    {"remedy", error.remedy()}}));
  } else if (error.kind() == ErrorKind::canceled) {
    fmt::print(stderr, "{}: stopped; nothing half-done is left ({})\n", program.name, error.reason().code);
  } else {
    fmt::print(stderr, "{}: error: {}\n  code:   {}\n  remedy: {}\n", program.name, error.what(), error.reason().code,
               error.remedy());
  }
}

}  // namespace

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

int guarded(const Program& program, const log::Format& format, const std::function<int()>& body,
            const std::function<int(const Reason&)>& status_of) {
  const auto failed = [&](const Error& error) {
    report(program, error, format);
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

int run_program(std::span<const Subcommand> commands, const std::vector<std::string>& words) {
  log::Format format = log::Format::text;
  return guarded(
      commands.front().program, format, [&] { return run_line(commands, words, format); },
      [](const Reason& reason) { return exit_code(reason.kind); });
}

}  // namespace cairn::cmd
