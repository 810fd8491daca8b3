// SPDX-License-Identifier: Apache-2.0
#include "node/health_config.h"

#include "core/yaml.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::node {
namespace {

constexpr std::int64_t kMaxSeconds = 3600;
constexpr std::int64_t kMaxAttempts = 100;
constexpr std::int64_t kMaxMebibytes = 1 << 30;

std::int64_t bounded(const Yaml& value, std::int64_t min, std::int64_t max) {
  const std::int64_t number = value.integer();
  if (number < min || number > max) throw value.error(fmt::format("{} is not from {} to {}", number, min, max));
  return number;
}

std::uint64_t mebibytes(const Yaml& value) {
  return static_cast<std::uint64_t>(bounded(value, 0, kMaxMebibytes)) << 20;
}

void read_min_free(const Yaml& value, HealthConfig& config) {
  for (const auto& [key, size] : value.members()) {
    if (key == "state") {
      config.min_free_state = mebibytes(size);
    } else if (key == "persistent") {
      config.min_free_persistent = mebibytes(size);
    } else {
      throw value.unknown_key(key, {"state", "persistent"});
    }
  }
}

}  // namespace

bool HealthConfig::tolerates(std::string_view unit) const {
  return std::any_of(tolerated_units.begin(), tolerated_units.end(), [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return unit == pattern;
    pattern.remove_suffix(1);
    return unit.starts_with(pattern);
  });
}

HealthConfig parse_health_config(std::string_view text, std::string_view name) {
  HealthConfig config;
  const Yaml document = parse_yaml(text, name);
  if (document.is_null()) return config;
  for (const auto& [key, value] : document.members()) {
    if (key == "deadline") {
      config.deadline = std::chrono::seconds(bounded(value, 1, kMaxSeconds));
    } else if (key == "check-deadline") {
      config.check_deadline = std::chrono::seconds(bounded(value, 1, kMaxSeconds));
    } else if (key == "attempts") {
      config.attempts = static_cast<unsigned>(bounded(value, 1, kMaxAttempts));
    } else if (key == "pause") {
      config.pause = std::chrono::seconds(bounded(value, 0, kMaxSeconds));
    } else if (key == "tolerated-units") {
      for (const Yaml& unit : value.items()) config.tolerated_units.push_back(unit.text());
    } else if (key == "min-free-mib") {
      read_min_free(value, config);
    } else {
      throw document.unknown_key(
          key, {"deadline", "check-deadline", "attempts", "pause", "tolerated-units", "min-free-mib"});
    }
  }
  return config;
}

}  // namespace cairn::node
