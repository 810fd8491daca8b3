// SPDX-License-Identifier: Apache-2.0
#include "object/schema.h"

#include "core/text.h"
#include "object/reasons.h"

#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

namespace cairn::object {
namespace {

constexpr std::size_t kMostTold = 5;

// Patterns are few and come from our own tables; each is compiled once.
const RE2& pattern_of(std::string_view text) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<RE2>, std::less<>> compiled;
  const std::scoped_lock lock(mutex);
  const auto at = compiled.find(text);
  if (at != compiled.end()) return *at->second;
  return *compiled.emplace(std::string(text), std::make_unique<RE2>(std::string(text), RE2::Quiet)).first->second;
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

class Checker {
 public:
  std::vector<Problem> take() { return std::move(problems_); }

  void check(const json::value& value, const json::object& schema, const Place& place) {
    const std::string_view type = find_text(schema, "type");
    if (value.is_null() && flag(schema, "nullable")) return;
    if (flag(schema, "x-kubernetes-int-or-string")) {
      if (!value.is_int64() && !value.is_string()) return tell(place, "expected a number or text");
      if (value.is_string()) check_text(value.get_string(), schema, place);
    } else if (type == "string") {
      if (!value.is_string()) return tell(place, "expected text");
      check_text(value.get_string(), schema, place);
    } else if (type == "integer" || type == "number") {
      const bool whole = type == "integer";
      if (!(value.is_number() && (!whole || !value.is_double()))) {
        return tell(place, whole ? "expected a whole number" : "expected a number");
      }
      check_number(value.to_number<double>(), schema, place);
    } else if (type == "boolean") {
      if (!value.is_bool()) tell(place, "expected true or false");
    } else if (type == "array") {
      check_list(value, schema, place);
    } else if (type == "object") {
      check_members(value, schema, place);
    }
  }

 private:
  static const json::value* word(const json::object& schema, std::string_view key) { return schema.if_contains(key); }
  static bool flag(const json::object& schema, std::string_view key) {
    const json::value* value = word(schema, key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  static std::optional<double> number(const json::object& schema, std::string_view key) {
    const json::value* value = word(schema, key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
  }

  void tell(const Place& place, std::string problem) { problems_.push_back({place.path(), std::move(problem)}); }

  void check_bounds(double count, const json::object& schema, std::string_view least, std::string_view most,
                    std::string_view what, const Place& place) {
    if (const auto bound = number(schema, least); bound && count < *bound) {
      tell(place, fmt::format("{} is {}, at least {} wanted", what, count, *bound));
    }
    if (const auto bound = number(schema, most); bound && count > *bound) {
      tell(place, fmt::format("{} is {}, at most {} allowed", what, count, *bound));
    }
  }

  void check_number(double value, const json::object& schema, const Place& place) {
    check_bounds(value, schema, "minimum", "maximum", "the number", place);
  }

  void check_text(std::string_view value, const json::object& schema, const Place& place) {
    check_bounds(static_cast<double>(code_points(value)), schema, "minLength", "maxLength", "the length", place);
    if (const json::value* choices = word(schema, "enum")) {
      const auto& list = choices->as_array();
      const bool known = std::any_of(list.begin(), list.end(), [&](const auto& c) { return c.as_string() == value; });
      if (!known) {
        std::vector<std::string> names;
        for (const auto& choice : list) names.emplace_back(choice.as_string());
        tell(place, fmt::format("\"{}\" is none of {}", printable(value, 64), fmt::join(names, ", ")));
      }
    }
    const std::string_view pattern = find_text(schema, "pattern");
    if (!pattern.empty() && !RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), pattern_of(pattern))) {
      tell(place, fmt::format("\"{}\" does not match {}", printable(value, 64), pattern));
    }
  }

  void check_list(const json::value& value, const json::object& schema, const Place& place) {
    if (!value.is_array()) return tell(place, "expected a list");
    const auto& list = value.get_array();
    check_bounds(static_cast<double>(list.size()), schema, "minItems", "maxItems", "the number of items", place);
    const json::value* items = word(schema, "items");
    for (std::size_t i = 0; items != nullptr && i < list.size(); ++i) check(list[i], items->as_object(), place.item(i));
  }

  void check_members(const json::value& value, const json::object& schema, const Place& place) {
    if (!value.is_object()) return tell(place, "expected an object");
    const json::value* properties = word(schema, "properties");
    const json::value* values = word(schema, "additionalProperties");
    const bool open =
        flag(schema, "x-kubernetes-preserve-unknown-fields") || (properties == nullptr && values == nullptr);
    for (const auto& member : value.get_object()) {
      const Place at = place.member(member.key());
      const json::value* known = properties == nullptr ? nullptr : properties->as_object().if_contains(member.key());
      if (known != nullptr) {
        if (!member.value().is_null() || flag(known->as_object(), "nullable")) {
          check(member.value(), known->as_object(), at);
        }
      } else if (values != nullptr && values->is_object()) {
        check(member.value(), values->as_object(), at);
      } else if (!open) {
        tell_unknown(member.key(), properties, at);
      }
    }
    const json::value* required = word(schema, "required");
    if (required == nullptr) return;
    for (const auto& name : required->as_array()) {
      const json::value* member = value.get_object().if_contains(name.as_string());
      const json::value* known =
          properties == nullptr ? nullptr : properties->as_object().if_contains(name.as_string());
      const bool nullable = known != nullptr && flag(known->as_object(), "nullable");
      // The API server puts defaults where nothing is, before it looks for what is required.
      if (known != nullptr && word(known->as_object(), "default") != nullptr) continue;
      if (member == nullptr || (member->is_null() && !nullable)) tell(place.member(name.as_string()), "is missing");
    }
  }

  void tell_unknown(std::string_view key, const json::value* properties, const Place& place) {
    std::vector<std::string> known;
    for (const auto& property : properties->as_object()) known.emplace_back(property.key());
    const auto meant = nearest(key, known);
    tell(place, meant ? fmt::format("unknown field, \"{}\" is near", *meant) : "unknown field");
  }

  std::vector<Problem> problems_;
};

json::array to_array(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::object printer_column(const Column& column) {
  json::object printed{{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}};
  if (!column.doc.empty()) printed["description"] = column.doc;
  if (column.priority > 0) printed["priority"] = column.priority;
  return printed;
}

}  // namespace

std::vector<Problem> find_problems(const json::value& document, const json::object& schema) {
  Checker checker;
  checker.check(document, schema, Place(""));
  return checker.take();
}

void check_document(const json::value& document, const json::object& schema, std::string_view name) {
  const auto problems = find_problems(document, schema);
  if (problems.empty()) return;
  std::string told;
  for (std::size_t i = 0; i < problems.size() && i < kMostTold; ++i) {
    told += fmt::format("{}{}{}{}", i > 0 ? "; " : "", problems[i].path, problems[i].path.empty() ? "" : ": ",
                        problems[i].text);
  }
  if (problems.size() > kMostTold) told += fmt::format("; and {} more", problems.size() - kMostTold);
  throw Error(reason::kBadObject, "{}: {}", name, told);
}

json::object wrap_schema(json::object fields) {
  json::object properties{
      {"apiVersion", {{"type", "string"}, {"description", "Group and version of the kind."}}},
      {"kind", {{"type", "string"}, {"description", "The kind of the object."}}},
      {"metadata", {{"type", "object"}}},
  };
  for (auto& property : fields["properties"].as_object()) {
    if (property.key() != "metadata") properties.emplace(property.key(), std::move(property.value()));
  }
  fields["properties"] = std::move(properties);
  return fields;
}

json::object make_definition(const Kind& kind, json::object schema, std::vector<Column> field_columns) {
  if (!kind.doc.empty()) schema["description"] = kind.doc;
  json::array columns;
  for (const auto& column : kind.columns) columns.push_back(printer_column(column));
  for (const auto& column : field_columns) columns.push_back(printer_column(column));
  columns.push_back(json::object{{"name", "Age"}, {"type", "date"}, {"jsonPath", ".metadata.creationTimestamp"}});
  json::object version{{"name", kind.version}, {"served", true}, {"storage", true}};
  version["schema"] = json::object{{"openAPIV3Schema", std::move(schema)}};
  if (kind.status == Kind::Status::sub_resource) version["subresources"] = json::object{{"status", json::object{}}};
  version["additionalPrinterColumns"] = std::move(columns);
  json::object names{{"kind", kind.name},
                     {"listKind", kind.name + "List"},
                     {"plural", kind.plural},
                     {"singular", to_lower(kind.name)}};
  if (!kind.short_names.empty()) names["shortNames"] = to_array(kind.short_names);
  if (!kind.categories.empty()) names["categories"] = to_array(kind.categories);
  return {
      {"apiVersion", "apiextensions.k8s.io/v1"},
      {"kind", "CustomResourceDefinition"},
      {"metadata", {{"name", kind.plural + "." + kind.group}}},
      {"spec",
       {{"group", kind.group},
        {"names", std::move(names)},
        {"scope", kind.scope == Kind::Scope::namespaced ? "Namespaced" : "Cluster"},
        {"versions", json::array{std::move(version)}}}},
  };
}

}  // namespace cairn::object
