// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/parse.h"
#include "cmd/signals.h"
#include "core/json.h"
#include "core/log.h"
#include "core/reasons.h"

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

int report(const Error& error, log::Format format) {
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
  return exit_code(error.kind());
}

int run(const std::vector<std::string>& words) {
  log::Format format = log::Format::text;
  try {
    const std::vector<Subcommand> commands = all_commands();
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
  } catch (const Error& error) {
    return report(error, format);
  } catch (const std::filesystem::filesystem_error& error) {
    return report(system_error(error.code().value(), error.what()), format);
  } catch (const std::bad_alloc&) {
    return report(Error(reason::kSystem, "out of memory"), format);
  } catch (const std::exception& error) {
    return report(Error(reason::kInternal, "{}", error.what()), format);
  }
}

}  // namespace
}  // namespace cairn::cmd

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return cairn::cmd::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
