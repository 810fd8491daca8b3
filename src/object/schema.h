// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/kind.h"

#include <string>
#include <vector>

namespace cairn::object {

// One thing wrong in a document.
struct Problem {
  std::string path;  // "spec.size"; empty for the document
  std::string text;
  bool operator==(const Problem&) const = default;
};

// What the API server would say of `document` against a structural schema: types, required and nullable, choices,
// patterns, bounds and counts. CEL rules are not run. Members that the schema does not know are problems too (the API
// server drops them), told with the nearest known name.
std::vector<Problem> find_problems(const json::value& document, const json::object& schema);

// Throws reason::kBadObject with the first problems, if any; `name` is the document's.
void check_document(const json::value& document, const json::object& schema, std::string_view name);

// A schema of fields with apiVersion, kind and metadata put to it.
json::object wrap_schema(json::object fields);

// The structural schema of a kind's objects.
template <Resource T>
json::object make_schema() {
  return wrap_schema(Codec<T>::schema());
}

// The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind whose one version is served and stored. Columns are
// the kind's own, then those of fields, then the age.
json::object make_definition(const Kind& kind, json::object schema, std::vector<Column> field_columns);

template <Resource T>
json::object make_definition() {
  std::vector<Column> columns;
  for (const auto& field : T::fields()) {
    if (field.name() != "metadata") field.add_columns(columns, "");
  }
  return make_definition(T::kind(), make_schema<T>(), std::move(columns));
}

}  // namespace cairn::object
