// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "stage/reasons.h"
#include "stage/template_tree.h"

#include <algorithm>
#include <charconv>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxDepth = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Recursive descent over the characters; nesting is bounded.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::unique_ptr<TemplateNode> parse() {
    auto root = std::make_unique<TemplateNode>();
    const Ending ending = parse_list(root->body);
    if (!ending.word.empty()) throw error(fmt::format("{{{{{}}}}} without a beginning", ending.word));
    return root;
  }

 private:
  // What closed a list: nothing (the end of the text), "end" or "else" with what follows it.
  struct Ending {
    std::string word;
  };

  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) throw parser_.error(fmt::format("nested deeper than {}", kMaxDepth));
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& parser_;
  };

  Error error(std::string_view problem) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    return {reason::kBadTemplate, "line {} of the template: {}", line, problem};
  }
  std::size_t line() const {
    return 1 +
           static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool accept(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void skip_space() {
    while (!at_end() && is_space(peek())) ++at_;
  }

  Ending parse_list(std::vector<TemplateNode>& out) {
    const Depth depth(*this);
    while (!at_end()) {
      const std::size_t open = std::min(text_.find("{{", at_), text_.size());
      TemplateNode text{.kind = TemplateNode::Kind::text, .text = std::string(text_.substr(at_, open - at_))};
      if (trim_next_) text.text = text.text.substr(std::min(text.text.find_first_not_of(" \t\r\n"), text.text.size()));
      trim_next_ = false;
      at_ = open;
      if (accept("{{-") && is_space(peek())) {
        text.text.erase(text.text.find_last_not_of(" \t\r\n") + 1);
      } else if (!at_end()) {
        at_ = open + 2;
      }
      if (!text.text.empty()) out.push_back(std::move(text));
      if (open == text_.size()) break;
      if (const auto ending = parse_action(out)) return *ending;
    }
    return {};
  }

  // Between {{ and }}; what ends the list around it is returned.
  std::optional<Ending> parse_action(std::vector<TemplateNode>& out) {
    skip_space();
    if (accept("/*")) {
      const std::size_t end = text_.find("*/", at_);
      if (end == std::string_view::npos) throw error("a comment without an end");
      at_ = end + 2;
      close();
      return std::nullopt;
    }
    const std::size_t begin = at_;
    const std::string word = read_word();
    if (word == "end") {
      close();
      return Ending{word};
    }
    if (word == "else") return Ending{word};  // its rest is read by the one who began
    if (word == "if" || word == "with" || word == "range") {
      out.push_back(parse_block(word));
      return std::nullopt;
    }
    if (word == "define" || word == "template" || word == "block" || word == "break" || word == "continue") {
      throw error(fmt::format("\"{}\" is not part of the templates of cloud-config", word));
    }
    at_ = begin;
    TemplateNode node{.kind = TemplateNode::Kind::action, .line = line()};
    parse_declaration(node);
    node.pipeline = parse_pipeline();
    close();
    out.push_back(std::move(node));
    return std::nullopt;
  }

  TemplateNode parse_block(const std::string& word) {
    const Depth depth(*this);
    TemplateNode node{.kind = word == "if"     ? TemplateNode::Kind::if_
                              : word == "with" ? TemplateNode::Kind::with
                                               : TemplateNode::Kind::range,
                      .line = line()};
    parse_declaration(node);
    node.pipeline = parse_pipeline();
    close();
    if (parse_list(node.body).word == "end") return node;
    if (at_end()) throw error(fmt::format("{{{{{}}}}} without {{{{end}}}}", word));
    skip_space();
    const std::string again = read_word();
    if (again == "if" || again == "with") {
      node.otherwise.push_back(parse_block(again));
      return node;
    }
    if (!again.empty()) throw error(fmt::format("\"{}\" can't follow \"else\"", again));
    close();
    if (parse_list(node.otherwise).word != "end") throw error(fmt::format("{{{{{}}}}} without {{{{end}}}}", word));
    return node;
  }

  void close() {
    skip_space();
    if (text_.substr(at_).starts_with("-}}") && at_ > 0 && is_space(text_[at_ - 1])) {
      at_ += 3;
      trim_next_ = true;
    } else if (!accept("}}")) {
      throw error("expected }} here");
    }
  }

  std::string read_word() {
    const std::size_t begin = at_;
    while (!at_end() && is_word(peek())) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // "$a :=", "$i, $v :=", "$a =".
  void parse_declaration(TemplateNode& node) {
    skip_space();
    const std::size_t begin = at_;
    std::vector<std::string> names;
    while (peek() == '$' && names.size() < 2) {
      ++at_;
      names.push_back("$" + read_word());
      skip_space();
      if (!accept(",")) break;
      skip_space();
    }
    if (!names.empty() && accept(":=")) {
      node.declares = true;
    } else if (names.size() != 1 || text_.substr(at_).starts_with("==") || !accept("=")) {
      at_ = begin;
      return;
    }
    node.variables = std::move(names);
  }

  TemplatePipeline parse_pipeline() {
    const Depth depth(*this);
    TemplatePipeline pipeline;
    do {
      pipeline.calls.push_back(parse_call());
      const TemplateCall& call = pipeline.calls.back();
      if (call.function.empty() && call.operands.empty()) throw error("a value or a function is missing");
      if (call.function.empty() && (call.operands.size() != 1 || pipeline.calls.size() > 1)) {
        throw error("a value is no function: it can't be given operands");
      }
      skip_space();
    } while (accept("|"));
    return pipeline;
  }

  TemplateCall parse_call() {
    TemplateCall call;
    skip_space();
    if (is_word(peek()) && !is_digit(peek())) {
      const std::size_t begin = at_;
      call.function = read_word();
      if (call.function == "true" || call.function == "false" || call.function == "nil") {
        call.function.clear();
        at_ = begin;
      } else if (!is_template_function(call.function)) {
        throw error(fmt::format("there is no function \"{}\"", printable(call.function, 64)));
      }
    }
    for (skip_space(); !ends_call(); skip_space()) call.operands.push_back(parse_operand());
    return call;
  }

  bool ends_call() const {
    return at_end() || peek() == '|' || peek() == ')' || text_.substr(at_).starts_with("}}") ||
           text_.substr(at_).starts_with("-}}");
  }

  TemplateOperand parse_operand() {
    TemplateOperand operand;
    const char c = peek();
    if (c == '"') {
      operand.literal = json::value(read_quoted());
    } else if (c == '`') {
      operand.literal = json::value(read_raw());
    } else if (c == '(') {
      ++at_;
      operand.kind = TemplateOperand::Kind::pipeline;
      operand.pipeline = std::make_unique<TemplatePipeline>(parse_pipeline());
      skip_space();
      if (!accept(")")) throw error("expected ) here");
    } else if (c == '$') {
      ++at_;
      operand.kind = TemplateOperand::Kind::variable;
      operand.variable = "$" + read_word();
    } else if (c == '.') {
      operand.kind = TemplateOperand::Kind::dot;
      // A lone dot; a dot with a name is read below.
      if (at_ + 1 >= text_.size() || !is_word(text_[at_ + 1])) ++at_;
    } else if (is_digit(c) || c == '-' || c == '+') {
      operand.literal = read_number();
    } else if (is_word(c)) {
      operand.literal = read_constant_or_call(operand);
    } else {
      throw error(fmt::format("unexpected \"{}\"", printable(std::string_view(&c, 1))));
    }
    while (operand.kind != TemplateOperand::Kind::literal && peek() == '.') {
      ++at_;
      operand.members.push_back(read_word());
      if (operand.members.back().empty()) throw error("expected a name after the dot");
    }
    return operand;
  }

  // A word among operands: true, false, nil, or a function without operands of its own.
  json::value read_constant_or_call(TemplateOperand& operand) {
    const std::string word = read_word();
    if (word == "true" || word == "false") return word == "true";
    if (word == "nil") return nullptr;
    if (!is_template_function(word)) throw error(fmt::format("there is no function \"{}\"", printable(word, 64)));
    operand.kind = TemplateOperand::Kind::pipeline;
    operand.pipeline = std::make_unique<TemplatePipeline>();
    operand.pipeline->calls.push_back(TemplateCall{.function = word, .operands = {}});
    return nullptr;
  }

  json::value read_number() {
    const std::size_t begin = at_;
    while (!at_end() && (is_word(peek()) || peek() == '.' || peek() == '-' || peek() == '+')) ++at_;
    std::string_view word = text_.substr(begin, at_ - begin);
    if (word.starts_with('+')) word.remove_prefix(1);
    std::int64_t integer = 0;
    const char* const last = word.data() + word.size();
    if (const auto [end, problem] = std::from_chars(word.data(), last, integer);
        problem == std::errc() && end == last) {
      return integer;
    }
    double number = 0;
    if (const auto [end, problem] = std::from_chars(word.data(), last, number); problem == std::errc() && end == last) {
      return number;
    }
    throw error(fmt::format("\"{}\" is no number", printable(word, 64)));
  }

  std::string read_raw() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) throw error("a text without a closing `");
    std::string raw(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return raw;
  }

  std::string read_quoted() {
    std::string text;
    for (++at_; peek() != '"'; ++at_) {
      if (at_end() || peek() == '\n') throw error("a text without a closing \"");
      if (peek() != '\\') {
        text += peek();
        continue;
      }
      ++at_;
      switch (peek()) {
        case 'n': text += '\n'; break;
        case 't': text += '\t'; break;
        case 'r': text += '\r'; break;
        case '\\':
        case '"':
        case '\'': text += peek(); break;
        default: throw error(fmt::format("there is no escape \"\\{}\"", printable(text_.substr(at_, 1))));
      }
    }
    ++at_;
    return text;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool trim_next_ = false;
};

}  // namespace

std::unique_ptr<TemplateNode> parse_template(std::string_view text) { return Parser(text).parse(); }

}  // namespace cairn::stage
