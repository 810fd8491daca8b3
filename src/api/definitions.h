// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <string>
#include <vector>

namespace cairn::api {

// The CustomResourceDefinition of each of our kinds.
std::vector<json::object> make_definitions();

// The definition of a kind by apiVersion and kind of a document; null if it is none of ours.
const json::object* find_definition(const std::vector<json::object>& definitions, const json::value& document);

// The schema in a definition.
const json::object& schema_of(const json::object& definition);

// A page of docs/reference/kinds/, Markdown, of a definition.
std::string make_reference_page(const json::object& definition);

}  // namespace cairn::api
