// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/kernel_cmdline.h"
#include "core/file.h"
#include "core/text.h"
#include "node/boot_disk.h"
#include "node/live_root.h"

#include <fcntl.h>
#include <fmt/core.h>

namespace cairn::cmd {
namespace {

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

node::BootState mount_root(const node::BootRequest& request, const std::filesystem::path& sysroot,
                           const node::RootTools& tools) {
  if (node::is_installed(request.mode)) {
    node::InstalledRootPaths paths;
    paths.sysroot = sysroot;
    const disk::DiskFacts disk = node::wait_for_boot_disk(request, paths, tools);
    return node::mount_installed_root(request, disk, paths, CAIRN_VERSION, tools);
  }
  node::LiveRootPaths paths;
  paths.sysroot = sysroot;
  return node::mount_live_root(request, paths, CAIRN_VERSION, tools);
}

std::string describe(const node::BootState& state) {
  const std::string snapshot =
      state.installed ? fmt::format("snapshot {} on {}, ", state.installed->snapshot, state.installed->disk)
                      : std::string();
  return fmt::format("{} boot of {} {}, {}image {}", node::to_string(state.mode), state.image.title,
                     state.image.version, snapshot, state.image.digest);
}

int run(const Arguments& arguments, Session& session) {
  const auto say = [](std::string_view text) { say_on_console(KernelLevel::notice, text); };
  try {
    const auto request = node::parse_boot_request(read_kernel_cmdline(arguments.get("cmdline")));
    if (request.mode == node::BootMode::other) return 0;
    const node::BootState state =
        mount_root(request, arguments.get("sysroot"),
                   {.runner = system_runner(), .clock = system_clock(), .say = say, .stop = session.stop});
    say(describe(state));
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
      .summary = "make the root of a system, in the initramfs",
      .description =
          "Run by the initramfs that `cairn init` makes. Reads the kernel words: cairn.live or cairn.netboot for a "
          "live "
          "system, whose medium it waits for and mounts under an overlay in memory; cairn.disk, cairn.snapshot and "
          "cairn.mode for an installed one, whose snapshot it mounts read-only with what lasts beside it. Without "
          "these "
          "words it does nothing.",
      .example = "cairn mount --sysroot /sysroot",
      .positionals = {},
      .options =
          {{.names = "--sysroot", .value = "DIR", .help = "Where the new root is mounted.", .fallback = "/sysroot"},
           {.names = "--cmdline", .value = "FILE", .help = "The kernel's command line.", .fallback = kKernelCmdline}},
      .run = run,
      .visibility = Subcommand::Visibility::hidden,
  };
}

}  // namespace cairn::cmd
