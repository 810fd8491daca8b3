// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/meta.h"

#include <string>
#include <vector>

namespace cairn::object {

struct LabelRequirement {
  std::string key;
  std::string op;  // In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;
  Unknown unknown;

  bool operator==(const LabelRequirement&) const = default;
  static const Fields<LabelRequirement>& fields();
};

// metav1.LabelSelector: all of its parts must hold; the empty one selects everything. Where "no selector" means
// something else, hold it as std::optional.
struct LabelSelector {
  Labels match_labels;
  std::vector<LabelRequirement> match_expressions;
  Unknown unknown;

  // Throws reason::kBadSelector for an unknown operator, In or NotIn without values, or the others with some.
  bool matches(const Labels& labels) const;
  // As the query parameter labelSelector has it: "a=b,c in (d,e),!f". Throws the same.
  std::string to_text() const;

  bool operator==(const LabelSelector&) const = default;
  static const Fields<LabelSelector>& fields();
};

}  // namespace cairn::object
