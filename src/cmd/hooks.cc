// SPDX-License-Identifier: Apache-2.0
#include "cmd/hooks.h"

#include "cmd/kernel_cmdline.h"
#include "cmd/stage_session.h"
#include "node/reasons.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

using stage::StepResult;

const Reason& reason_of(const std::string& stage) {
  if (stage.ends_with("-chroot")) return node::reason::kHookChroot;
  return stage.starts_with("before-") ? node::reason::kHookBefore : node::reason::kHookAfter;
}

// The first that went wrong.
std::string problem_of(const stage::StageReport& report) {
  for (const StepResult& step : report.steps) {
    if (step.outcome == StepResult::Outcome::failed && !step.problems.empty()) {
      return fmt::format("{}: {}", step.id, step.problems.front().text);
    }
  }
  return report.findings.empty() ? "a step failed" : report.findings.front().text;
}

void run_hook(const node::Hook& hook, const Arguments& arguments, Session& session, node::Operation& operation) {
  operation.step(fmt::format("hook {}", hook.stage));
  const StageSession stage_session(hook.root, arguments, session);
  stage::StageSpec spec{
      .stage = hook.stage, .paths = arguments.all("hook-path"), .command_line = read_kernel_cmdline()};
  for (const auto& path : hook.more) spec.paths.push_back(path.string());
  const stage::StageReport report = stage::run_stage(spec, stage_session.tools(), [](const StepResult& step) {
    if (step.outcome != StepResult::Outcome::skipped) print_step(step);
  });
  if (!report.failed()) return;
  if (arguments.has("strict")) throw Error(reason_of(hook.stage), "{}: {}", hook.stage, problem_of(report));
  operation.warn(fmt::format("hook {} failed: {}", hook.stage, problem_of(report)));
}

}  // namespace

node::Hooks make_hooks(const Arguments& arguments, Session& session, node::Operation& operation) {
  return {.run = [&](const node::Hook& hook) { run_hook(hook, arguments, session, operation); },
          .warn = [&](const std::string& warning) { operation.warn(warning); },
          .failed =
              [&](const std::exception& problem) {
                const std::string text = fmt::format("hooks can't run in the new system: {}", problem.what());
                if (arguments.has("strict")) throw Error(node::reason::kHookChroot, "{}", text);
                operation.warn(text);
              }};
}

}  // namespace cairn::cmd
