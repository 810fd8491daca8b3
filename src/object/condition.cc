// SPDX-License-Identifier: Apache-2.0
#include "object/condition.h"

#include <algorithm>

namespace cairn::object {

const Fields<Condition>& Condition::fields() {
  static const Fields<Condition> table{
      {"type",
       &Condition::type,
       "What the condition is about.",
       {.required = true,
        .pattern =
            R"(^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$)",
        .max_length = 316}},
      {"status", &Condition::status, "Whether it holds.", {.required = true}},
      {"observedGeneration",
       &Condition::observed_generation,
       "The generation of the specification that was looked at.",
       {.minimum = 0}},
      {"lastTransitionTime", &Condition::last_transition_time, "When the status last changed.", {.required = true}},
      {"reason",
       &Condition::reason,
       "Why, in one word for programs.",
       {.required = true, .pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", .min_length = 1, .max_length = 1024}},
      {"message", &Condition::message, "Why, for people; may be empty.", {.required = true, .max_length = 32768}},
  };
  return table;
}

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto at = std::find_if(conditions.begin(), conditions.end(), [&](const auto& c) { return c.type == type; });
  return at == conditions.end() ? nullptr : &*at;
}

bool is_true(const std::vector<Condition>& conditions, std::string_view type) {
  const Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == Truth::yes;
}

bool set_condition(std::vector<Condition>& conditions, Condition wanted, Time now) {
  const auto at =
      std::find_if(conditions.begin(), conditions.end(), [&](const auto& c) { return c.type == wanted.type; });
  if (at == conditions.end()) {
    wanted.last_transition_time = now;
    conditions.push_back(std::move(wanted));
    return true;
  }
  const bool same = at->status == wanted.status && at->last_transition_time;
  wanted.last_transition_time = same ? *at->last_transition_time : now;
  wanted.unknown = at->unknown;
  if (*at == wanted) return false;
  *at = std::move(wanted);
  return true;
}

bool remove_condition(std::vector<Condition>& conditions, std::string_view type) {
  return std::erase_if(conditions, [&](const Condition& c) { return c.type == type; }) > 0;
}

Rules condition_list() { return {.list_key = "type"}; }

}  // namespace cairn::object
