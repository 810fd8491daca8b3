// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "stage/apply.h"
#include "stage/kernel_words.h"

#include <string>
#include <vector>

namespace cairn::stage {

struct StageSpec {
  std::string stage;               // "boot": runs boot.before, boot, boot.after
  std::vector<std::string> paths;  // after the three standing ones: files, folders or URLs
  std::string command_line;        // the kernel's
  enum class Act { run, only_plan } act = Act::run;
};

struct StageReport {
  std::string stage;
  std::vector<StepResult> steps;
  Findings findings;  // in documents, kernel words and the order

  // Whether a step failed or an error was found.
  bool failed() const;
};

// /system/oem, /oem, /usr/local/cloud-config: of the image, of the machine, of its user.
const std::vector<std::string>& standing_paths();

// The documents at a path in byte order: all *.yaml and *.yml of a folder and its folders, a file, or what a URL gives.
// A path that does not exist is none; what can't be read is a document with a finding.
std::vector<Document> load_documents(const std::string& path, const Root& root, Fetcher& fetcher);

// Runs a stage with what is before and after it: for each of the three, documents are read anew (a step may have
// written some), planned and applied. `on_step` hears of each step as it ends. Throws only when asked to stop.
StageReport run_stage(const StageSpec& spec, const StageTools& tools,
                      const std::function<void(const StepResult&)>& on_step = {});

json::object to_json(const StageReport& report);
json::object to_json(const Finding& finding);

}  // namespace cairn::stage
