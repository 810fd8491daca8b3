// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/help.h"
#include "core/clock.h"
#include "core/file.h"

#include <fmt/core.h>

#include <ctime>
#include <filesystem>

namespace cairn::cmd {
namespace {

std::string iso_date(std::time_t seconds) {
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

int run(const Arguments& arguments, Session&) {
  const std::filesystem::path directory = arguments.get("DIR");
  std::filesystem::create_directories(directory);
  const std::string date = iso_date(source_date_epoch(std::time(nullptr)));
  for (const Subcommand& command : all_commands()) {
    if (command.visibility == Subcommand::Visibility::hidden) continue;
    std::string file = fmt::format("cairn-{}.8", command.name);
    for (char& c : file) c = c == ' ' ? '-' : c;
    atomic_write(directory / file, as_bytes(man_page(command, date)));
  }
  return 0;
}

}  // namespace

Subcommand man() {
  return {
      .name = "man",
      .summary = "write the manual pages",
      .description = "Writes one manual page a command into a directory; used when Cairn is packaged.",
      .example = "cairn man out/man",
      .positionals = {{.name = "DIR", .help = "Where to write; made if missing."}},
      .options = {},
      .run = run,
      .visibility = Subcommand::Visibility::hidden,
  };
}

}  // namespace cairn::cmd
