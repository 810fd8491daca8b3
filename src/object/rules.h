// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::object {

// A column of `kubectl get`.
struct Column {
  std::string name;
  std::string type = "string";  // string, integer, boolean, date
  std::string path;             // JSONPath: .status.conditions[?(@.type=="Ready")].status
  std::string doc = {};
  std::int64_t priority = 0;  // above 0: only with `-o wide`
};

// What a field must hold beyond its type, and how `kubectl get` shows it. Goes into the schema word for word; what is
// unset says nothing. A list's own rules are its counts; those of its items stand in `items`.
struct Rules {
  bool required = false;
  bool nullable = false;                 // with `required`: null is written where there is no value
  std::vector<std::string> one_of = {};  // of text
  std::string pattern = {};              // of text; RE2, as the API server has it
  std::string format = {};               // of text: "date-time", "uri" (documentation, the API server checks few)
  std::optional<std::uint64_t> min_length = {};
  std::optional<std::uint64_t> max_length = {};  // in code points
  std::optional<std::int64_t> minimum = {};
  std::optional<std::int64_t> maximum = {};
  std::optional<std::uint64_t> min_items = {};
  std::optional<std::uint64_t> max_items = {};
  std::string list_key = {};  // of a list of structs: the field that tells items apart (list type "map")
  json::object items = {};    // schema words of each item or map value: {{"maxLength", 63}}
  std::vector<std::pair<std::string, std::string>> cel = {};  // rule and message: {"self == oldSelf", "is immutable"}
  bool default_object = false;       // of a struct: the API server makes it, with its own defaults, when it is missing
  std::string not_supported = {};    // why nobody acts on the field: said in its text, see find_unsupported()
  std::string column = {};           // heading in `kubectl get`
  std::int64_t column_priority = 0;  // above 0: only with `-o wide`
};

// Adds the words of `rules` to the schema of a field.
void add_rules(json::object& schema, const Rules& rules);

// The column that `rules` ask for, of the field at `path` with that schema.
Column make_column(const Rules& rules, const json::object& schema, std::string path);

}  // namespace cairn::object
