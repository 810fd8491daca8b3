// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"
#include "stage/fetch.h"
#include "stage/plan.h"
#include "stage/root.h"

#include <functional>
#include <string>
#include <vector>

namespace cairn::stage {

// What steps act with; all outlive the run.
struct StageTools {
  const Root& root;
  Runner& runner;
  Fetcher& fetcher;
  Clock& clock;
  Sink& output;  // what commands print, as it comes
  std::function<void(const std::string& name)> set_kernel_hostname;
  // Unpacks an image into a directory that does not exist; none: `unpack_images` is refused.
  std::function<void(const ImageUnpackWant& want, const std::filesystem::path& directory)> unpack_image = {};
  std::stop_token stop = {};
};

struct StepResult {
  enum class Outcome { planned, ran, skipped, failed };
  std::string id;
  std::string stage;  // "boot.before"
  std::string document;
  Outcome outcome = Outcome::planned;
  std::string skip;                // why it was skipped
  std::vector<std::string> notes;  // what was not needed or not possible here, and is no failure
  Findings problems;               // one for each part that failed
};

std::string_view to_string(StepResult::Outcome outcome);

// Why user data may or may not be taken from media (see `datasource`).
struct DatasourceRule {
  bool always = false;
  bool never = false;
};

// Does all that a step asks for, key after key in a fixed order (docs/formats/cloud-config.md). A part that fails is
// told, and the next go on. Throws only when asked to stop.
StepResult apply_step(const StagePlan& plan, const PlannedStep& step, const Facts& facts, const DatasourceRule& rule,
                      const StageTools& tools);

}  // namespace cairn::stage
