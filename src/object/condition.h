// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/time.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::object {

enum class Truth { unknown, yes, no };
constexpr std::array<std::pair<Truth, std::string_view>, 3> names_of(Truth) {
  return {{{Truth::unknown, "Unknown"}, {Truth::yes, "True"}, {Truth::no, "False"}}};
}

// metav1.Condition: one fact about an object.
struct Condition {
  std::string type;
  Truth status = Truth::unknown;
  std::int64_t observed_generation = 0;  // of the specification that the fact is about
  std::optional<Time> last_transition_time;
  std::string reason;  // CamelCase, for programs; never empty
  std::string message;
  Unknown unknown;

  bool operator==(const Condition&) const = default;
  static const Fields<Condition>& fields();
};

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type);
bool is_true(const std::vector<Condition>& conditions, std::string_view type);

// Puts `wanted` in the place of the condition of its type; the time of transition moves to `now` only when the status
// changes (or there was none). Whether anything changed: an update is worth writing only then.
bool set_condition(std::vector<Condition>& conditions, Condition wanted, Time now);
bool remove_condition(std::vector<Condition>& conditions, std::string_view type);

// The rules of a `conditions` field: a list by type.
Rules condition_list();

}  // namespace cairn::object
