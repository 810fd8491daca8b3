// SPDX-License-Identifier: Apache-2.0
#include "api/conditions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace cairn::api {
namespace {

constexpr std::size_t kMostNamed = 20;

}  // namespace

object::Condition not_supported(const std::vector<std::string>& paths, std::int64_t generation) {
  const auto named = std::min(paths.size(), kMostNamed);
  std::string message = fmt::format("Nothing acts on {}", fmt::join(paths.begin(), paths.begin() + named, ", "));
  if (paths.size() > named) message += fmt::format(" and {} more", paths.size() - named);
  return {.type = condition::kNotSupported,
          .status = object::Truth::yes,
          .observed_generation = generation,
          .last_transition_time = {},
          .reason = "FieldsWithoutEffect",
          .message = message + "; the reference of the kind says why. Remove what is not needed.",
          .unknown = {}};
}

bool tell_ready(std::vector<object::Condition>& conditions, object::Truth status, const char* why, std::string message,
                std::int64_t generation, object::Time now) {
  return object::set_condition(conditions,
                               {.type = condition::kReady,
                                .status = status,
                                .observed_generation = generation,
                                .last_transition_time = {},
                                .reason = why,
                                .message = std::move(message),
                                .unknown = {}},
                               now);
}

bool tell_unsupported(std::vector<object::Condition>& conditions, const std::vector<std::string>& paths,
                      std::int64_t generation, object::Time now) {
  if (paths.empty()) return object::remove_condition(conditions, condition::kNotSupported);
  return object::set_condition(conditions, not_supported(paths, generation), now);
}

object::Column condition_column(std::string heading, std::string_view type, std::string doc) {
  return {.name = std::move(heading),
          .path = fmt::format(".status.conditions[?(@.type==\"{}\")].status", type),
          .doc = std::move(doc)};
}

}  // namespace cairn::api
