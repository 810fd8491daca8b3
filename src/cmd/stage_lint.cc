// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "core/file.h"
#include "core/json.h"
#include "core/reasons.h"
#include "stage/run.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

using stage::Finding;

// What planning finds, too: the order of steps within this one document.
stage::Findings lint_file(const std::string& path) {
  const stage::Document document = stage::parse_document(read_file(path, stage::kMaxDocument), path);
  stage::Findings findings = document.all_findings();
  if (!document.is_config && findings.empty()) {
    const Error error(cairn::reason::kBadYaml, "{}: it has neither \"stages\" nor the first line \"#cloud-config\"",
                      path);
    findings.push_back(stage::make_warning(error));
  }
  for (const auto& [name, steps] : document.stages) {
    for (const Finding& finding : stage::check_order(document, name)) findings.push_back(finding);
  }
  return findings;
}

int run(const Arguments& arguments, Session&) {
  stage::Findings findings;
  for (const std::string& path : arguments.all("FILE")) {
    for (Finding& finding : lint_file(path)) findings.push_back(std::move(finding));
  }
  if (arguments.has("json")) {
    json::array list;
    for (const Finding& finding : findings) list.push_back(to_json(finding));
    fmt::print("{}", to_pretty_text(json::object{{"findings", std::move(list)}}));
  } else {
    for (const Finding& finding : findings) {
      fmt::print("{}: {} ({})\n  remedy: {}\n", to_string(finding.severity), finding.text, finding.reason->code,
                 finding.remedy);
    }
    if (findings.empty()) fmt::print("nothing to complain about\n");
  }
  return findings.empty() ? 0 : 1;
}

}  // namespace

Subcommand stage_lint() {
  return {
      .name = "stage lint",
      .summary = "check cloud-config without running it",
      .description =
          "Reads documents and says, with line and column, what can't be read, is not known, or is not done by Cairn. "
          "Ends with status 1 if there is anything.",
      .example = "cairn stage lint cloud-config.yaml",
      .positionals = {{.name = "FILE", .help = "A document.", .need = Positional::Need::many}},
      .options = {{.names = "--json", .value = "", .help = "Print a JSON object."}},
      .run = run,
  };
}

}  // namespace cairn::cmd
