// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/kernel_cmdline.h"
#include "cmd/stage_session.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

using stage::StepResult;

int run(const Arguments& arguments, Session& session) {
  const StageSession stage_session(arguments.get("root"), arguments, session);
  const stage::StageSpec spec{
      .stage = arguments.get("STAGE"),
      .paths = arguments.all("path"),
      .command_line = read_kernel_cmdline(arguments.get("cmdline")),
      .act = arguments.has("dry-run") ? stage::StageSpec::Act::only_plan : stage::StageSpec::Act::run,
  };
  const bool as_json = arguments.has("json");
  const stage::StageReport report = stage::run_stage(spec, stage_session.tools(), [&](const StepResult& step) {
    if (!as_json) print_step(step);
  });
  if (as_json) {
    fmt::print("{}", to_pretty_text(to_json(report)));
  } else {
    for (const stage::Finding& finding : report.findings) print_problem(finding);
    fmt::print(stderr, "stage {}: {}\n", report.stage, report.failed() ? "failed in part" : "done");
  }
  return report.failed() ? 1 : 0;
}

}  // namespace

Subcommand stage_run() {
  return {
      .name = "stage run",
      .summary = "run the cloud-config of a stage",
      .description =
          "Reads all cloud-config in /system/oem, /oem and /usr/local/cloud-config, then what --path and the kernel "
          "words cairn.setup= and stages. name, and runs the steps of STAGE with those of STAGE.before and "
          "STAGE.after. "
          "A step that fails is told and the next ones run; the status is then 1. Services of a node call it at each "
          "stage of its life; docs/formats/cloud-config.md has stages, keys and their rules.",
      .example = "cairn stage run boot\n  cairn stage run network --dry-run",
      .positionals = {{.name = "STAGE",
                       .help = "A stage: initramfs, boot, network, after-install, or any other name."}},
      .options =
          {{.names = "--root",
            .value = "DIR",
            .help = "Work on the system in DIR; commands run with it as root.",
            .fallback = "/"},
           {.names = "--path",
            .value = "PATH",
            .help = "Read cloud-config in this folder, file or URL, too.",
            .repeat = Option::Repeat::many},
           {.names = "--cmdline", .value = "FILE", .help = "The kernel's command line.", .fallback = kKernelCmdline},
           {.names = "--dry-run", .value = "", .help = "Show what would run, in which order, and what is skipped."},
           {.names = "--json", .value = "", .help = "Print a JSON object."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
