// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::node {

// How a system is judged (docs/formats/health.md, "health.yaml").
struct HealthConfig {
  std::chrono::seconds deadline{300};        // for all checks together
  std::chrono::seconds check_deadline{30};   // for one attempt of one check
  unsigned attempts = 3;                     // how often a check may fail before it has failed
  std::chrono::seconds pause{10};            // between two attempts
  std::vector<std::string> tolerated_units;  // names; a "*" at the end stands for any rest
  std::uint64_t min_free_state = 16 << 20;   // bytes
  std::uint64_t min_free_persistent = 64 << 20;

  bool tolerates(std::string_view unit) const;
};

// Throws reason::kBadYaml at the line of what is unknown or out of bounds; `name` stands for the document in errors.
HealthConfig parse_health_config(std::string_view text, std::string_view name);

}  // namespace cairn::node
