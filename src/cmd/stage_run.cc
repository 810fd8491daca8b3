// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/image_options.h"
#include "core/file.h"
#include "core/reasons.h"
#include "core/text.h"
#include "osimage/root_tree.h"
#include "stage/run.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

namespace cairn::cmd {
namespace {

using stage::StepResult;

constexpr std::size_t kMaxCommandLine = 64 * 1024;

void set_kernel_hostname(const std::string& name) {
  if (::sethostname(name.data(), name.size()) != 0) throw system_error(errno, "setting the kernel's host name");
}

void unpack_image(const stage::ImageUnpackWant& want, const std::filesystem::path& directory,
                  const Arguments& arguments, Session& session) {
  const auto platform = want.platform.empty() ? oci::Platform::host() : oci::Platform::parse(want.platform);
  const auto image =
      oci::Image::open(oci::SourceSpec::parse(want.source), platform, make_source_options(arguments, session));
  image.prefetch(session.progress);
  rootfs::unpack_layers(osimage::layers_of({&image, 1}), directory, {}, {}, session.progress, session.stop);
}

void print_problem(const stage::Finding& finding) {
  fmt::print(stderr, "  {}: {} ({})\n    remedy: {}\n", to_string(finding.severity), finding.text, finding.reason->code,
             finding.remedy);
}

void print_step(const StepResult& step) {
  fmt::print(stderr, "{:<8} {}: {}{}\n", to_string(step.outcome), step.stage, printable(step.id),
             step.skip.empty() ? "" : " (" + step.skip + ")");
  for (const std::string& note : step.notes) fmt::print(stderr, "  note: {}\n", note);
  for (const stage::Finding& problem : step.problems) print_problem(problem);
}

int run(const Arguments& arguments, Session& session) {
  const stage::Root root(arguments.get("root"));
  const auto fetcher = stage::make_http_fetcher(system_clock(), session.stop);
  FdSink output(2, "standard error");
  const stage::StageTools tools{
      .root = root,
      .runner = system_runner(),
      .fetcher = *fetcher,
      .clock = system_clock(),
      .output = output,
      .set_kernel_hostname = set_kernel_hostname,
      .unpack_image = [&](const auto& want,
                          const auto& directory) { unpack_image(want, directory, arguments, session); },
      .stop = session.stop,
  };
  const stage::StageSpec spec{
      .stage = arguments.get("STAGE"),
      .paths = arguments.all("path"),
      .command_line = read_file(arguments.get("cmdline"), kMaxCommandLine),
      .act = arguments.has("dry-run") ? stage::StageSpec::Act::only_plan : stage::StageSpec::Act::run,
  };
  const bool as_json = arguments.has("json");
  const stage::StageReport report = stage::run_stage(spec, tools, [&](const StepResult& step) {
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
           {.names = "--cmdline", .value = "FILE", .help = "The kernel's command line.", .fallback = "/proc/cmdline"},
           {.names = "--dry-run", .value = "", .help = "Show what would run, in which order, and what is skipped."},
           {.names = "--json", .value = "", .help = "Print a JSON object."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
