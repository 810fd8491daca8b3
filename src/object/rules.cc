// SPDX-License-Identifier: Apache-2.0
#include "object/rules.h"

#include "object/codec.h"

#include <fmt/format.h>

namespace cairn::object {
namespace {

template <class Value>
void add(json::object& schema, std::string_view word, const std::optional<Value>& value) {
  if (value) schema[word] = *value;
}

// The words of items go where the items' schema is: of a list or of a map.
void add_item_words(json::object& schema, const json::object& words) {
  for (const char* holder : {"items", "additionalProperties"}) {
    if (json::value* items = schema.if_contains(holder)) {
      for (const auto& word : words) items->as_object()[word.key()] = word.value();
    }
  }
}

}  // namespace

void add_rules(json::object& schema, const Rules& rules) {
  if (!rules.not_supported.empty()) {
    schema["description"] = fmt::format("{} Not supported: {}", find_text(schema, "description"), rules.not_supported);
  }
  if (rules.nullable) schema["nullable"] = true;
  if (!rules.one_of.empty()) schema["enum"] = json::array(rules.one_of.begin(), rules.one_of.end());
  if (!rules.pattern.empty()) schema["pattern"] = rules.pattern;
  if (!rules.format.empty()) schema["format"] = rules.format;
  add(schema, "minLength", rules.min_length);
  add(schema, "maxLength", rules.max_length);
  add(schema, "minimum", rules.minimum);
  add(schema, "maximum", rules.maximum);
  add(schema, "minItems", rules.min_items);
  add(schema, "maxItems", rules.max_items);
  if (!rules.list_key.empty()) {
    schema["x-kubernetes-list-type"] = "map";
    schema["x-kubernetes-list-map-keys"] = json::array{rules.list_key};
  }
  if (!rules.items.empty()) add_item_words(schema, rules.items);
  if (rules.default_object) schema["default"] = json::object{};
  json::array cel;
  for (const auto& [rule, message] : rules.cel) cel.push_back(json::object{{"rule", rule}, {"message", message}});
  if (!cel.empty()) schema["x-kubernetes-validations"] = std::move(cel);
}

Column make_column(const Rules& rules, const json::object& schema, std::string path) {
  const std::string type(find_text(schema, "type"));
  const bool date = find_text(schema, "format") == "date-time";
  const bool plain = type == "integer" || type == "boolean";
  return {.name = rules.column,
          .type = date    ? "date"
                  : plain ? type
                          : "string",
          .path = std::move(path),
          .doc = std::string(find_text(schema, "description")),
          .priority = rules.column_priority};
}

}  // namespace cairn::object
