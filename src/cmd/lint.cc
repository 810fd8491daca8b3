// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/image_options.h"
#include "core/json.h"
#include "osimage/lint.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::cmd {
namespace {

using osimage::Finding;

std::string_view name_of(Finding::Severity severity) {
  return severity == Finding::Severity::error ? "error" : "warning";
}

void print_json(const std::vector<Finding>& findings) {
  json::array list;
  for (const Finding& finding : findings) {
    list.push_back(
        json::object{{"severity", name_of(finding.severity)}, {"finding", finding.what}, {"remedy", finding.remedy}});
  }
  fmt::print("{}", to_pretty_text(json::object{{"findings", std::move(list)}}));
}

int run(const Arguments& arguments, Session& session) {
  const auto image = oci::Image::open(oci::SourceSpec::parse(arguments.get("IMAGE")), find_platform(arguments),
                                      make_source_options(arguments, session));
  const auto read = osimage::read_tree(image, osimage::lint_wants, session.progress, session.stop);
  session.progress.finish();
  const std::vector<Finding> findings = osimage::lint_image(read);
  if (arguments.has("json")) {
    print_json(findings);
  } else {
    for (const Finding& finding : findings) {
      fmt::print("{}: {}\n  remedy: {}\n", name_of(finding.severity), finding.what, finding.remedy);
    }
    if (findings.empty()) fmt::print("nothing to complain about: the image can boot\n");
  }
  const bool broken = std::any_of(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.severity == Finding::Severity::error; });
  return broken ? 1 : 0;
}

}  // namespace

Subcommand lint() {
  return {
      .name = "lint",
      .summary = "say what an image lacks to boot",
      .description =
          "Looks for what a machine needs: kernel, initramfs and init, Cairn's own parts, and what must not be "
          "the same on all machines. Ends with status 1 if the image can't boot; warnings do not count.",
      .example = "cairn lint oci:layout:1",
      .positionals = {{.name = "IMAGE", .help = "HOST/NAME:TAG, oci:DIR, oci-archive:FILE or dir:DIR."}},
      .options = with_image_options({{.names = "--json", .value = "", .help = "Print a JSON object."}}),
      .run = run,
  };
}

}  // namespace cairn::cmd
