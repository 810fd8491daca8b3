// SPDX-License-Identifier: Apache-2.0
#include "stage/template.h"

#include "core/text.h"
#include "stage/reasons.h"
#include "stage/template_tree.h"

namespace cairn::stage {
namespace {

class Evaluator {
 public:
  Evaluator(const json::value& data, const TemplateLimits& limits) : limits_(limits) {
    variables_.push_back({"$", data});
  }

  void run(const std::vector<TemplateNode>& nodes, const json::value& dot) {
    for (const TemplateNode& node : nodes) {
      try {
        run(node, dot);
      } catch (Error& error) {  // recovers nothing: says where, once
        if (!located_) error.add_context(fmt::format("line {} of the template", node.line));
        located_ = true;
        throw;
      }
    }
  }

  std::string take() { return std::move(output_); }

 private:
  struct Variable {
    std::string name;
    json::value value;
  };

  void run(const TemplateNode& node, const json::value& dot) {
    count_step();
    switch (node.kind) {
      case TemplateNode::Kind::text: write(node.text); return;
      case TemplateNode::Kind::action: run_action(node, dot); return;
      case TemplateNode::Kind::range: run_range(node, dot); return;
      case TemplateNode::Kind::list: run(node.body, dot); return;
      case TemplateNode::Kind::if_:
      case TemplateNode::Kind::with: break;
    }
    const std::size_t scope = variables_.size();
    const json::value value = evaluate(node.pipeline, dot);
    for (const std::string& name : node.variables) assign(name, value, node.declares);
    const bool holds = is_true(value);
    run(holds ? node.body : node.otherwise, holds && node.kind == TemplateNode::Kind::with ? value : dot);
    variables_.resize(scope);
  }

  void run_action(const TemplateNode& node, const json::value& dot) {
    const json::value value = evaluate(node.pipeline, dot);
    if (node.variables.size() > 1) throw Error(reason::kBadTemplate, "only \"range\" sets two variables");
    if (node.variables.empty()) return write(to_display(value));
    assign(node.variables.front(), value, node.declares);
  }

  void run_range(const TemplateNode& node, const json::value& dot) {
    const json::value value = evaluate(node.pipeline, dot);
    if (!is_true(value)) return run(node.otherwise, dot);
    const auto turn = [&](const json::value& key, const json::value& element) {
      count_step();
      const std::size_t scope = variables_.size();
      if (node.variables.size() == 1) assign(node.variables[0], element, node.declares);
      if (node.variables.size() == 2) {
        assign(node.variables[0], key, node.declares);
        assign(node.variables[1], element, node.declares);
      }
      run(node.body, element);
      variables_.resize(scope);
    };
    if (value.is_array()) {
      std::int64_t index = 0;
      for (const json::value& element : value.get_array()) turn(index++, element);
    } else if (value.is_object()) {
      for (const auto& member : value.get_object()) turn(json::value(member.key()), member.value());
    } else {
      throw Error(reason::kBadTemplate, "\"range\" wants a list or a map");
    }
  }

  json::value evaluate(const TemplatePipeline& pipeline, const json::value& dot) {
    json::value value;
    bool first = true;
    for (const TemplateCall& call : pipeline.calls) {
      count_step();
      std::vector<json::value> arguments;
      for (const TemplateOperand& operand : call.operands) arguments.push_back(evaluate(operand, dot));
      if (!first) arguments.push_back(std::move(value));
      first = false;
      value = call.function.empty() ? std::move(arguments.front())
                                    : call_template_function(call.function, std::move(arguments), limits_.max_output);
    }
    return value;
  }

  json::value evaluate(const TemplateOperand& operand, const json::value& dot) {
    const json::value* value = &dot;
    json::value computed;
    switch (operand.kind) {
      case TemplateOperand::Kind::literal: return operand.literal;
      case TemplateOperand::Kind::dot: break;
      case TemplateOperand::Kind::variable: value = &find_variable(operand.variable); break;
      case TemplateOperand::Kind::pipeline:
        computed = evaluate(*operand.pipeline, dot);
        value = &computed;
        break;
    }
    for (const std::string& member : operand.members) {
      const json::object* object = value->if_object();
      const json::value* found = object != nullptr ? object->if_contains(member) : nullptr;
      if (found == nullptr) return nullptr;
      value = found;
    }
    count_bytes(*value);
    return *value;
  }

  const json::value& find_variable(const std::string& name) const {
    for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
      if (variable->name == name) return variable->value;
    }
    throw Error(reason::kBadTemplate, "there is no variable {}", printable(name, 64));
  }

  void assign(const std::string& name, const json::value& value, bool declares) {
    if (declares) return variables_.push_back({name, value});
    for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
      if (variable->name != name) continue;
      variable->value = value;
      return;
    }
    throw Error(reason::kBadTemplate, "there is no variable {}; declare it with :=", printable(name, 64));
  }

  void write(std::string_view text) {
    if (text.size() > limits_.max_output - output_.size()) {
      throw Error(reason::kBadTemplate, "it makes more than {}", human_size(limits_.max_output));
    }
    output_ += text;
  }

  void count_step() {
    if (++steps_ > limits_.max_steps)
      throw Error(reason::kBadTemplate, "it takes more than {} steps", limits_.max_steps);
  }
  // A copy of a large text costs as many steps as it would take to print it in pieces.
  void count_bytes(const json::value& value) {
    if (value.is_string()) steps_ += value.get_string().size() / 1024;
    if (value.is_array()) steps_ += value.get_array().size();
    if (value.is_object()) steps_ += value.get_object().size();
    count_step();
  }

  TemplateLimits limits_;
  std::vector<Variable> variables_;
  std::string output_;
  std::size_t steps_ = 0;
  bool located_ = false;
};

}  // namespace

Template::Template(std::unique_ptr<TemplateNode> root) : root_(std::move(root)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Template Template::parse(std::string_view text) { return Template(parse_template(text)); }

std::string Template::render(const json::value& data, const TemplateLimits& limits) const {
  Evaluator evaluator(data, limits);
  evaluator.run(root_->body, data);
  return evaluator.take();
}

std::string render_template(std::string_view text, const json::value& data) {
  if (text.find("{{") == std::string_view::npos) return std::string(text);
  return Template::parse(text).render(data);
}

}  // namespace cairn::stage
