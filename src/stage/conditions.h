// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/facts.h"
#include "stage/step.h"

#include <string>

namespace cairn::stage {

// Why a step with these conditions does not run on a machine with these facts; empty if it does. Looks at what does
// not change while a stage runs: node and only_*.
std::string find_skip_reason(const Conditions& conditions, const Facts& facts);
// The same for if_files, when the step's turn has come.
std::string find_skip_reason(const Conditions& conditions, const Root& root);

}  // namespace cairn::stage
