// SPDX-License-Identifier: Apache-2.0
#include "stage/kernel_words.h"

#include "core/json.h"
#include "core/text.h"
#include "stage/reasons.h"

#include <algorithm>
#include <optional>

namespace cairn::stage {
namespace {

constexpr std::string_view kStages = "stages.";
constexpr std::size_t kMaxIndex = 999;
constexpr std::size_t kMaxSteps = 16;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Words by the rules of a shell: quotes of both kinds, and a backslash outside single ones. What follows "--" is for
// init, not for us.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0 && is_space(c)) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      *word += line[++at];
    } else {
      *word += c;
    }
  }
  if (word) words.push_back(*word);
  words.erase(std::find(words.begin(), words.end(), "--"), words.end());
  return words;
}

Error bad_word(std::string_view word, std::string_view rule) {
  return {reason::kBadKernelWord, "the kernel word {}: {}", printable(word), rule};
}

// A step on the way to a value: a member, or an element.
struct PathStep {
  std::string member;
  std::optional<std::size_t> element;
};

// "stages.boot.before[0].files[1].path": the stage's name is all up to the first bracket, so that dots and dashes in it
// need no care. Elsewhere a member with a dot is written in brackets: sysctl[net.ipv4.ip_forward].
class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) {}

  std::vector<PathStep> parse() {
    at_ = kStages.size();
    const std::size_t bracket = text_.find('[');
    if (bracket == std::string_view::npos || bracket == at_) throw bad_word(text_, "expected stages.NAME[0].KEY=VALUE");
    steps_.push_back({.member = "stages", .element = std::nullopt});
    add_member(text_.substr(at_, bracket - at_));
    at_ = bracket;
    while (at_ < text_.size()) {
      if (steps_.size() > kMaxSteps) throw bad_word(text_, "it is nested too deep");
      if (text_[at_] == '[') {
        read_bracket();
      } else if (text_[at_] == '.') {
        const std::size_t end = std::min(text_.find_first_of(".[", at_ + 1), text_.size());
        add_member(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end;
      } else {
        throw bad_word(text_, "expected a dot or a bracket after ]");
      }
    }
    return std::move(steps_);
  }

 private:
  void add_member(std::string_view name) {
    if (name.empty()) throw bad_word(text_, "a name is missing");
    steps_.push_back({.member = std::string(name), .element = std::nullopt});
  }

  void read_bracket() {
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) throw bad_word(text_, "a bracket is not closed");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    const auto number = parse_number(inside);
    if (!number) return add_member(inside);
    if (*number > kMaxIndex) throw bad_word(text_, "a list has at most 1000 elements");
    steps_.push_back({.member = "", .element = *number});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<PathStep> steps_;
};

json::value& descend(json::value& node, const PathStep& step, std::string_view word) {
  if (step.element) {
    if (node.is_null()) node = json::array();
    json::array* list = node.if_array();
    if (list == nullptr) throw bad_word(word, "another word makes a map where this one has a list");
    // Elements are named in order, so that a forgotten one can't become an empty step.
    if (*step.element > list->size()) throw bad_word(word, fmt::format("there is no element {} before", list->size()));
    if (*step.element == list->size()) list->emplace_back(nullptr);
    return (*list)[*step.element];
  }
  if (node.is_null()) node = json::object();
  json::object* map = node.if_object();
  if (map == nullptr) throw bad_word(word, "another word makes something else where this one has a map");
  return (*map)[step.member];
}

void set_value(json::value& document, const std::string& word) {
  const std::size_t bracket = std::min(word.find(']'), word.size());
  const std::size_t equals = word.find('=', bracket);
  if (equals == std::string::npos) throw bad_word(word, "expected =VALUE");
  const auto path = PathParser(std::string_view(word).substr(0, equals)).parse();
  json::value changed = document;
  json::value* node = &changed;
  for (const PathStep& step : path) node = &descend(*node, step, word);
  if (!node->is_null()) throw bad_word(word, "another word has set it already");
  *node = word.substr(equals + 1);
  document = std::move(changed);
}

std::optional<std::string> value_of(const std::string& word, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
      return word.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

KernelWords parse_kernel_words(std::string_view command_line) {
  KernelWords words;
  json::value document;
  for (const std::string& word : shell_words(command_line)) {
    try {
      if (const auto uri = value_of(word, {"cairn.setup", "elemental.setup", "cos.setup"})) {
        if (uri->empty()) throw bad_word(word, "expected a path or a URL");
        words.setup.push_back(*uri);
      } else if (const auto when = value_of(word, {"cairn.datasource"})) {
        if (*when != "always" && *when != "never") throw bad_word(word, "expected always or never");
        words.always_datasource = *when == "always";
        words.no_datasource = *when == "never";
      } else if (word.starts_with(kStages)) {
        set_value(document, word);
      }
    } catch (const Error& error) {  // a bad word is a finding, and the others count
      words.findings.push_back(make_error(error));
    }
  }
  if (!document.is_null()) words.document = to_text(document);
  return words;
}

}  // namespace cairn::stage
