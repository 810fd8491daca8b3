// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <memory>
#include <string>
#include <string_view>

namespace cairn::stage {

struct TemplateLimits {
  std::size_t max_output = 1 << 20;  // bytes, also of any value on the way
  std::size_t max_steps = 100'000;   // nodes and calls evaluated
};

struct TemplateNode;

// A text with actions between {{ and }}: a subset of Go's text/template with sprig's functions on texts, lists and
// numbers (docs/formats/cloud-config.md lists all). It has no loops but over data, so it ends.
class Template {
 public:
  // Throws reason::kBadTemplate with the line in the text.
  static Template parse(std::string_view text);
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // Throws reason::kBadTemplate with the line: also for a value that the data lacks, where Go would print "<no value>".
  std::string render(const json::value& data, const TemplateLimits& limits = {}) const;

 private:
  explicit Template(std::unique_ptr<TemplateNode> root);
  std::unique_ptr<TemplateNode> root_;
};

// Both in one; text without {{ comes back as it is.
std::string render_template(std::string_view text, const json::value& data);

}  // namespace cairn::stage
