// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/yaml.h"
#include "stage/finding.h"
#include "stage/step.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::stage {

inline constexpr std::size_t kMaxDocument = 1 << 20;

// A finding about one stage; an empty stage means the whole document, and so every stage.
struct StageFinding {
  std::string stage;
  Finding finding;
  bool of_step = false;  // the step tells it again when it runs
};

// A cloud-config document: the steps of each stage in the order written.
struct Document {
  std::string source;  // the file, URL or "kernel words"
  std::string name;    // `name:`, else the source; the first half of a step's full name
  std::map<std::string, std::vector<Step>> stages;
  std::vector<StageFinding> findings;
  // Whether the text is a cloud-config at all; other YAML files (a registration, say) may lie in the same folders.
  bool is_config = false;

  // Errors about `stage` and about the document as a whole, but for those that a step tells when it runs.
  Findings errors_for(std::string_view stage) const;
  Findings all_findings() const;
};

// Never throws for bad text: what can't be read is a finding, and a step with an error is left out. `source` stands
// for the document in findings. Reads both dialects: `stages:`, and plain `#cloud-config`.
Document parse_document(std::string_view text, std::string_view source);

// The stages that Cairn or `elemental` runs by itself, without `.before` and `.after`.
const std::vector<std::string>& known_stages();
// Whether the text starts as plain cloud-config does; blank lines in front do not count.
bool is_plain_cloud_config(std::string_view text);

}  // namespace cairn::stage
