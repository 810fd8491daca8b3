// SPDX-License-Identifier: Apache-2.0
#include "cmd/stage_session.h"

#include "cmd/image_options.h"
#include "core/text.h"
#include "osimage/root_tree.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

namespace cairn::cmd {
namespace {

void set_kernel_hostname(const std::string& name) {
  if (::sethostname(name.data(), name.size()) != 0) throw system_error(errno, "setting the kernel's host name");
}

}  // namespace

StageSession::StageSession(const std::filesystem::path& root, const Arguments& arguments, Session& session)
    : arguments_(arguments),
      session_(session),
      root_(root),
      fetcher_(stage::make_http_fetcher(system_clock(), session.stop)),
      tools_{.root = root_,
             .runner = system_runner(),
             .fetcher = *fetcher_,
             .clock = system_clock(),
             .output = output_,
             .set_kernel_hostname = set_kernel_hostname,
             .unpack_image = [this](const auto& want, const auto& directory) { unpack_image(want, directory); },
             .stop = session.stop} {}

void StageSession::unpack_image(const stage::ImageUnpackWant& want, const std::filesystem::path& directory) {
  const auto platform = want.platform.empty() ? oci::Platform::host() : oci::Platform::parse(want.platform);
  const auto image =
      oci::Image::open(oci::SourceSpec::parse(want.source), platform, make_source_options(arguments_, session_));
  image.prefetch(session_.progress);
  rootfs::unpack_layers(osimage::layers_of({&image, 1}), directory, {}, {}, session_.progress, session_.stop);
}

void print_problem(const stage::Finding& finding) {
  fmt::print(stderr, "  {}: {} ({})\n    remedy: {}\n", to_string(finding.severity), finding.text, finding.reason->code,
             finding.remedy);
}

void print_step(const stage::StepResult& step) {
  fmt::print(stderr, "{:<8} {}: {}{}\n", to_string(step.outcome), step.stage, printable(step.id),
             step.skip.empty() ? "" : " (" + step.skip + ")");
  for (const std::string& note : step.notes) fmt::print(stderr, "  note: {}\n", note);
  for (const stage::Finding& problem : step.problems) print_problem(problem);
}

}  // namespace cairn::cmd
