// SPDX-License-Identifier: Apache-2.0
#include "stage/conditions.h"

#include "core/text.h"
#include "stage/patterns.h"
#include "stage/root.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace cairn::stage {
namespace {

bool matches_any(const std::string& pattern, const std::vector<std::string>& values) {
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) { return matches(pattern, value); });
}

}  // namespace

std::string find_skip_reason(const Conditions& conditions, const Facts& facts) {
  struct Row {
    std::string_view key;
    const std::string& pattern;
    std::vector<std::string> values;
  };
  const Row rows[] = {
      {"node", conditions.node, {facts.hostname}},
      {"only_os", conditions.only_os, facts.systems},
      {"only_os_version", conditions.only_os_version, {facts.system_version}},
      {"only_arch", conditions.only_arch, facts.architectures},
      {"only_service_manager", conditions.only_service_manager, {facts.service_manager}},
  };
  for (const Row& row : rows) {
    if (row.pattern.empty() || matches_any(row.pattern, row.values)) continue;
    return fmt::format("{}: \"{}\" is not {}", row.key, printable(row.pattern),
                       printable(fmt::format("{}", fmt::join(row.values, ", "))));
  }
  return {};
}

std::string find_skip_reason(const Conditions& conditions, const Root& root) {
  const auto exists = [&](const std::string& path) { return root.exists(path); };
  for (const std::string& path : conditions.all_files) {
    if (!exists(path)) return fmt::format("if_files: {} does not exist", printable(path));
  }
  for (const std::string& path : conditions.no_files) {
    if (exists(path)) return fmt::format("if_files: {} exists", printable(path));
  }
  const Names& any = conditions.any_files;
  if (!any.empty() && std::none_of(any.begin(), any.end(), exists)) {
    return fmt::format("if_files: none of {} exists", printable(fmt::format("{}", fmt::join(any, ", "))));
  }
  return {};
}

}  // namespace cairn::stage
