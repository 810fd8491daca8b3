// SPDX-License-Identifier: Apache-2.0
#include "stage/apply.h"

#include "stage/conditions.h"
#include "stage/reasons.h"
#include "stage/step_run.h"
#include "stage/template.h"
#include "tool/chroot.h"
#include "tool/shell.h"

#include <algorithm>

namespace cairn::stage {
namespace {

// Accounts before what they own, files before the commands that read them; units when all of that is there.
constexpr void (*kActions[])(StepRun&) = {
    apply_dns,         apply_ensure_entities, apply_step_users,      apply_downloads,
    apply_directories, apply_files,           apply_commands,        apply_delete_entities,
    apply_hostname,    apply_sysctl,          apply_authorized_keys, apply_timesyncd,
    apply_systemctl,   apply_environment,     apply_firstboot,       apply_modules,
    apply_datasource,  apply_unpack_images,
};

// The `if` of a step: a shell line that ends with 0.
std::string find_command_skip(StepRun& run) {
  const std::string& command = run.step().conditions.command;
  if (command.empty()) return {};
  try {
    run.run(tool::shell_line(render_template(command, run.facts.template_data)));
    return {};
  } catch (const Error& error) {  // a status that is not 0 is an answer
    if (&error.reason() != &cairn::reason::kToolFailed) throw;
    return "if: the command said no";
  }
}

}  // namespace

std::string_view to_string(StepResult::Outcome outcome) {
  switch (outcome) {
    case StepResult::Outcome::planned: return "planned";
    case StepResult::Outcome::ran: return "ran";
    case StepResult::Outcome::skipped: return "skipped";
    case StepResult::Outcome::failed: break;
  }
  return "failed";
}

bool StepRun::is_hook() const {
  return plan.stage.starts_with("before-") || plan.stage.starts_with("after-") || plan.stage.starts_with("post-");
}

void StepRun::run(Command command) {
  command.output = &tools.output;
  command.pass_errors = true;
  command.stop = tools.stop;
  tools.runner.run(tool::in_root(tools.root.path(), std::move(command)));
}

StepResult apply_step(const StagePlan& plan, const PlannedStep& planned, const Facts& facts, const DatasourceRule& rule,
                      const StageTools& tools) {
  StepResult result{.id = planned.id, .stage = plan.stage, .document = planned.document, .skip = planned.skip};
  StepRun run{plan, planned, facts, rule, tools, result};
  if (result.skip.empty()) {
    run.attempt("if", [&] {
      result.skip = find_skip_reason(planned.step.conditions, tools.root);
      if (result.skip.empty()) result.skip = find_command_skip(run);
    });
  }
  if (!result.skip.empty()) {
    result.outcome = StepResult::Outcome::skipped;
    return result;
  }
  // A condition that can't be asked does not hold.
  if (result.problems.empty()) {
    for (const auto action : kActions) action(run);
    for (const std::string& refusal : planned.step.refused) run.add_problem(Error(reason::kRefused, "{}", refusal));
  }
  result.outcome = result.problems.empty() ? StepResult::Outcome::ran : StepResult::Outcome::failed;
  return result;
}

}  // namespace cairn::stage
