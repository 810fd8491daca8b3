// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

#include <string>
#include <vector>

namespace cairn::stage {

// Something about a document that its author should know. With an error, what it is about does not run; a warning is
// about what has no effect.
struct Finding {
  enum class Severity { error, warning };
  Severity severity = Severity::error;
  const Reason* reason = nullptr;  // never null once made by the functions below
  std::string text;                // "FILE:LINE:COLUMN: what"
  std::string remedy;
};

using Findings = std::vector<Finding>;

Finding make_error(const Error& error);
Finding make_warning(const Error& error);
std::string_view to_string(Finding::Severity severity);

}  // namespace cairn::stage
