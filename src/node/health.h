// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/health_gate.h"

#include <functional>
#include <optional>
#include <string>

namespace cairn::node {

// Opens the machine for writing, calls the body, and puts everything back. Throws what the body throws and what opening
// does.
using WithStores = std::function<void(const std::function<void(const GateStores&)>&)>;

struct GateSpec {
  HealthSpec checks;
  std::optional<GateSubject> subject;  // nothing: only checked, as live and recovery systems are
  std::string digest = {};             // image of what is judged
  std::filesystem::path record = kHealthFile;
  std::filesystem::path boot_id = kBootIdFile;
};

struct GateResult {
  HealthReport report;
  HealthRecord record;
  bool restart = false;      // another snapshot is to start instead
  std::string problem = {};  // why what follows from the verdict could not be done
};

// The health gate (docs/formats/health.md): adopts a fallback of the loader, runs the checks, does what follows from
// their verdict and writes the record. What fails on the way is a `problem`, and never keeps a bad snapshot from being
// given up. Throws only reason::kCanceled.
GateResult run_gate(const GateSpec& spec, const HealthTools& tools, const WithStores& with_stores);

// A few lines for people, below those that tell of each check.
std::string to_text(const GateResult& result);

}  // namespace cairn::node
