// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "core/file.h"
#include "core/text.h"
#include "node/live_root.h"

#include <fcntl.h>
#include <fmt/core.h>

namespace cairn::cmd {
namespace {

constexpr std::size_t kMaxCommandLine = 64 * 1024;

enum class KernelLevel { error = 3, notice = 5 };

// The kernel's log is what every console shows at this time, also when nothing else works.
void say_on_console(KernelLevel level, std::string_view text) {
  const UniqueFd log(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
  if (!log) return;
  for (const std::string& line : split(text, '\n')) {
    const std::string record = fmt::format("<{}>cairn: {}\n", static_cast<int>(level), printable(line, 900));
    write_all(log.get(), as_bytes(record), "/dev/kmsg");
  }
}

int run(const Arguments& arguments, Session& session) {
  const auto say = [](std::string_view text) { say_on_console(KernelLevel::notice, text); };
  try {
    const auto request = node::parse_boot_request(read_file(arguments.get("cmdline"), kMaxCommandLine));
    if (request.mode == node::BootMode::other) return 0;
    node::LiveRootPaths paths;
    paths.sysroot = arguments.get("sysroot");
    const node::BootState state =
        node::mount_live_root(request, paths, CAIRN_VERSION,
                              {.runner = system_runner(), .clock = system_clock(), .say = say, .stop = session.stop});
    say(fmt::format("{} boot of {} {}, image {}", node::to_string(state.mode), state.image.title, state.image.version,
                    state.image.digest));
    return 0;
  } catch (const Error& error) {  // recovers nothing: whoever stands before the machine must see it
    say_on_console(KernelLevel::error,
                   fmt::format("can't start: {} ({})\n{}", error.what(), error.reason().code, error.remedy()));
    throw;
  }
}

}  // namespace

Subcommand mount() {
  return {
      .name = "mount",
      .summary = "make the root of a live system, in the initramfs",
      .description =
          "Run by the initramfs that `cairn init` makes. Reads the kernel words cairn.live or cairn.netboot, waits for "
          "the "
          "medium, and mounts its system at the new root with an overlay in memory. Without these words it does "
          "nothing.",
      .example = "cairn mount --sysroot /sysroot",
      .positionals = {},
      .options =
          {{.names = "--sysroot", .value = "DIR", .help = "Where the new root is mounted.", .fallback = "/sysroot"},
           {.names = "--cmdline", .value = "FILE", .help = "The kernel's command line.", .fallback = "/proc/cmdline"}},
      .run = run,
      .visibility = Subcommand::Visibility::hidden,
  };
}

}  // namespace cairn::cmd
