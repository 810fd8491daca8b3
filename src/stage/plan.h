// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/document.h"
#include "stage/facts.h"

#include <span>
#include <string>
#include <vector>

namespace cairn::stage {

// A step in its turn.
struct PlannedStep {
  Step step;
  std::string id;        // "DOCUMENT.STEP": what `after` names
  std::string document;  // its source
  std::string skip;      // why it will not run; empty = it will, if its `if` and `if_files` hold then
};

struct StagePlan {
  std::string stage;  // "boot.before"
  std::vector<PlannedStep> steps;
  Findings findings;  // errors in the documents that concern this stage, and in the order
};

// Decides what runs and in which order; pure. Documents come in the order of their paths. A step waits for the one
// before it in its document, or, with `after`, for those that it names in whatever document; apart from that the order
// is as written. A step that waits for one that does not exist, or in a circle, is told and runs last.
StagePlan plan_stage(std::span<const Document> documents, std::string_view stage, const Facts& facts);

// What is wrong with the order in one document alone; a step of another document may be named, so only circles count.
Findings check_order(const Document& document, std::string_view stage);

}  // namespace cairn::stage
