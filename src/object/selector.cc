// SPDX-License-Identifier: Apache-2.0
#include "object/selector.h"

#include "core/text.h"
#include "object/reasons.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace cairn::object {
namespace {

void check(const LabelRequirement& requirement) {
  const bool by_value = requirement.op == "In" || requirement.op == "NotIn";
  if (!by_value && requirement.op != "Exists" && requirement.op != "DoesNotExist") {
    throw Error(reason::kBadSelector, "the operator \"{}\" of label {} is unknown", printable(requirement.op, 32),
                printable(requirement.key, 64));
  }
  if (by_value == requirement.values.empty()) {
    throw Error(reason::kBadSelector, "the operator {} of label {} {}", requirement.op, printable(requirement.key, 64),
                by_value ? "needs values" : "takes no values");
  }
}

bool holds(const LabelRequirement& requirement, const Labels& labels) {
  check(requirement);
  const auto at = labels.find(requirement.key);
  const bool there = at != labels.end();
  const auto& values = requirement.values;
  const bool among = there && std::find(values.begin(), values.end(), at->second) != values.end();
  if (requirement.op == "In") return among;
  if (requirement.op == "NotIn") return !among;  // also where the label is missing
  return there == (requirement.op == "Exists");
}

std::string text_of(const LabelRequirement& requirement) {
  check(requirement);
  if (requirement.op == "Exists") return requirement.key;
  if (requirement.op == "DoesNotExist") return "!" + requirement.key;
  return fmt::format("{} {} ({})", requirement.key, requirement.op == "In" ? "in" : "notin",
                     fmt::join(requirement.values, ","));
}

}  // namespace

const Fields<LabelRequirement>& LabelRequirement::fields() {
  static const Fields<LabelRequirement> table{
      {"key", &LabelRequirement::key, "The label.", {.required = true}},
      {"operator",
       &LabelRequirement::op,
       "How the label relates to the values.",
       {.required = true, .one_of = {"In", "NotIn", "Exists", "DoesNotExist"}}},
      {"values", &LabelRequirement::values, "Values for In and NotIn."},
  };
  return table;
}

const Fields<LabelSelector>& LabelSelector::fields() {
  static const Fields<LabelSelector> table{
      {"matchLabels", &LabelSelector::match_labels, "Labels with the values they must have."},
      {"matchExpressions", &LabelSelector::match_expressions, "Requirements on labels."},
  };
  return table;
}

bool LabelSelector::matches(const Labels& labels) const {
  const bool equal = std::all_of(match_labels.begin(), match_labels.end(), [&](const auto& wanted) {
    const auto at = labels.find(wanted.first);
    return at != labels.end() && at->second == wanted.second;
  });
  // All requirements are looked at, so that a bad one is told whatever the labels.
  const auto held = std::count_if(match_expressions.begin(), match_expressions.end(),
                                  [&](const auto& requirement) { return holds(requirement, labels); });
  return equal && static_cast<std::size_t>(held) == match_expressions.size();
}

std::string LabelSelector::to_text() const {
  std::vector<std::string> parts;
  for (const auto& [key, value] : match_labels) parts.push_back(key + "=" + value);
  for (const auto& requirement : match_expressions) parts.push_back(text_of(requirement));
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace cairn::object
