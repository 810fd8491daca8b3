// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/reasons.h"
#include "stage/apply.h"

// One step on its way, for the files that apply its keys.
namespace cairn::stage {

struct StepRun {
  const StagePlan& plan;
  const PlannedStep& planned;
  const Facts& facts;
  const DatasourceRule& rule;
  const StageTools& tools;
  StepResult& result;

  const Step& step() const { return planned.step; }
  void add_problem(const Error& error) { result.problems.push_back(make_error(error)); }

  // Runs one part; what goes wrong is told with `what` in front, and the next part goes on.
  template <class Body>
  void attempt(std::string_view what, Body&& body) {
    check_canceled(tools.stop);
    try {
      body();
    } catch (Error& error) {  // a step's parts do not hang on one another
      if (error.kind() == ErrorKind::canceled) throw;
      add_problem(error.add_context(what));
    }
  }

  // Whether the stage belongs to install, upgrade, reset or a build: what runs then is not the system it is about.
  bool is_hook() const;
  void run(Command command);
};

// One function a key, in files by what they touch.
void apply_dns(StepRun& run);
void apply_ensure_entities(StepRun& run);
void apply_step_users(StepRun& run);
void apply_downloads(StepRun& run);
void apply_directories(StepRun& run);
void apply_files(StepRun& run);
void apply_commands(StepRun& run);
void apply_delete_entities(StepRun& run);
void apply_hostname(StepRun& run);
void apply_sysctl(StepRun& run);
void apply_authorized_keys(StepRun& run);
void apply_timesyncd(StepRun& run);
void apply_systemctl(StepRun& run);
void apply_environment(StepRun& run);
void apply_firstboot(StepRun& run);
void apply_modules(StepRun& run);
void apply_datasource(StepRun& run);
void apply_unpack_images(StepRun& run);

}  // namespace cairn::stage
