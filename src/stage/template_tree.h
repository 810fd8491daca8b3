// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <memory>
#include <string>
#include <vector>

// The parsed form of a template, between its parser and its evaluator.
namespace cairn::stage {

struct TemplatePipeline;

// One operand: where its value comes from, and the members then taken from it.
struct TemplateOperand {
  enum class Kind { literal, dot, variable, pipeline };
  Kind kind = Kind::literal;
  json::value literal;
  std::string variable;  // "$" is the data itself
  std::unique_ptr<TemplatePipeline> pipeline;
  std::vector<std::string> members;
};

// A function with operands, or, without a function, a single operand.
struct TemplateCall {
  std::string function;
  std::vector<TemplateOperand> operands;
};

struct TemplatePipeline {
  std::vector<TemplateCall> calls;  // the value of each is the last operand of the next
};

struct TemplateNode {
  enum class Kind { list, text, action, if_, with, range };
  Kind kind = Kind::list;
  std::size_t line = 1;
  std::string text;
  // "$a" or "$a, $b" of := and =; an action that has some prints nothing.
  std::vector<std::string> variables;
  bool declares = false;
  TemplatePipeline pipeline;
  std::vector<TemplateNode> body;
  std::vector<TemplateNode> otherwise;
};

std::unique_ptr<TemplateNode> parse_template(std::string_view text);

// Calls by name; throws reason::kBadTemplate. No value handed out is larger than `max_size` bytes.
json::value call_template_function(const std::string& name, std::vector<json::value> arguments, std::size_t max_size);
bool is_template_function(std::string_view name);
// As Go decides it: false, zero, null and what is empty are not.
bool is_true(const json::value& value);
// As Go prints it. Throws reason::kBadTemplate for null.
std::string to_display(const json::value& value);

}  // namespace cairn::stage
