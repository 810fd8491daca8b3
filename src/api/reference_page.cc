// SPDX-License-Identifier: Apache-2.0
#include "api/definitions.h"
#include "object/codec.h"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::api {
namespace {

// In a cell of a table a bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

std::string type_of(const json::object& schema) {
  if (schema.contains("x-kubernetes-int-or-string")) return "number or text";
  const std::string_view type = object::find_text(schema, "type");
  if (type == "string") return object::find_text(schema, "format") == "date-time" ? "time" : "text";
  if (type == "boolean") return "true or false";
  if (type == "integer") return "whole number";
  if (type == "array") return "list of " + type_of(schema.at("items").as_object());
  if (const auto* values = schema.if_contains("additionalProperties")) {
    return "map of " + type_of(values->as_object());
  }
  return schema.contains("properties") ? "object" : "anything";
}

std::string rules_of(const json::object& schema) {
  std::string rules;
  const auto say = [&](std::string_view rule) { rules += (rules.empty() ? "" : "; ") + std::string(rule); };
  if (const auto* choices = schema.if_contains("enum")) {
    std::string listed;
    for (const auto& choice : choices->as_array()) {
      if (choice.as_string().empty()) continue;
      listed += (listed.empty() ? "" : ", ") + code(choice.as_string());
    }
    say("one of " + listed);
  }
  if (const auto pattern = object::find_text(schema, "pattern"); !pattern.empty()) say("matches " + code(pattern));
  static constexpr std::pair<const char*, const char*> kBounds[] = {{"minLength", "at least {} characters"},
                                                                    {"maxLength", "at most {} characters"},
                                                                    {"minimum", "at least {}"},
                                                                    {"maximum", "at most {}"},
                                                                    {"minItems", "at least {} items"},
                                                                    {"maxItems", "at most {} items"}};
  for (const auto& [word, text] : kBounds) {
    if (const auto* bound = schema.if_contains(word)) say(fmt::format(fmt::runtime(text), to_text(*bound)));
  }
  if (const auto* items = schema.if_contains("items")) {
    if (const std::string each = rules_of(items->as_object()); !each.empty()) say("each " + each);
  }
  return rules;
}

class Page {
 public:
  std::string take() { return std::move(text_); }
  void line(std::string_view text) { text_ += std::string(text) + "\n"; }

  void add_members(const json::object& schema, const std::string& path) {
    const auto* properties = schema.if_contains("properties");
    if (properties == nullptr) return;
    for (const auto& property : properties->as_object()) {
      add_field(property.value().as_object(),
                path.empty() ? std::string(property.key()) : path + "." + std::string(property.key()),
                is_required(schema, property.key()));
    }
  }

 private:
  static bool is_required(const json::object& schema, std::string_view name) {
    const auto* required = schema.if_contains("required");
    if (required == nullptr) return false;
    const auto& names = required->as_array();
    return std::any_of(names.begin(), names.end(), [&](const auto& n) { return n.as_string() == name; });
  }

  void add_field(const json::object& schema, const std::string& path, bool required) {
    const auto* initial = schema.if_contains("default");
    std::string standard = initial == nullptr ? "" : code(to_text(*initial));
    if (initial == nullptr && required) standard = "required";
    std::string meaning = cell(object::find_text(schema, "description"));
    if (std::string rules = rules_of(schema); !rules.empty()) meaning += " (" + rules + ")";
    line(fmt::format("| {} | {} | {} | {} |", code(path), type_of(schema), standard, meaning));
    if (path == "status.conditions") return;  // every kind has them alike
    add_members(schema, path);
    if (const auto* items = schema.if_contains("items")) add_members(items->as_object(), path + "[]");
    if (const auto* values = schema.if_contains("additionalProperties")) {
      add_members(values->as_object(), path + ".NAME");
    }
  }

  std::string text_;
};

std::string names_of(const json::object& names, std::string_view word) {
  std::string listed;
  if (const auto* list = names.if_contains(word)) {
    for (const auto& name : list->as_array()) listed += ", " + code(name.as_string());
  }
  return listed;
}

}  // namespace

std::string make_reference_page(const json::object& definition) {
  const auto& spec = definition.at("spec").as_object();
  const auto& names = spec.at("names").as_object();
  const auto& version = spec.at("versions").at(0).as_object();
  const auto& schema = schema_of(definition);
  Page page;
  page.line(fmt::format("# {}\n", names.at("kind").as_string().c_str()));
  page.line(fmt::format("{}\n", object::find_text(schema, "description")));
  page.line(fmt::format("apiVersion `{}/{}`; for kubectl: {}{}.\n", spec.at("group").as_string().c_str(),
                        version.at("name").as_string().c_str(), code(names.at("plural").as_string()),
                        names_of(names, "shortNames")));
  page.line("Made from the code by `make_kinds`; what is changed here is lost.\n");
  page.line("| field | type | default | meaning |\n|---|---|---|---|");
  for (const char* part : {"spec", "status"}) {
    const auto& properties = schema.at("properties").as_object();
    if (const auto* member = properties.if_contains(part)) page.add_members(member->as_object(), part);
  }
  page.line("\nColumns of `kubectl get`:\n\n| column | shows | |\n|---|---|---|");
  for (const auto& column : version.at("additionalPrinterColumns").as_array()) {
    const auto& printed = column.as_object();
    page.line(fmt::format("| {} | {} | {} |", object::find_text(printed, "name"),
                          code(object::find_text(printed, "jsonPath")),
                          printed.contains("priority") ? "with `-o wide`" : ""));
  }
  return page.take();
}

}  // namespace cairn::api
