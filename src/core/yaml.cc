// SPDX-License-Identifier: Apache-2.0
#include "core/yaml.h"

#include "core/reasons.h"
#include "core/text.h"

#include <yaml.h>

#include <charconv>
#include <set>

namespace cairn {
namespace {

// Owns libyaml's parser.
class EventReader {
 public:
  EventReader(std::string_view text, std::string_view name) : name_(name) {
    if (yaml_parser_initialize(&parser_) == 0) throw Error(reason::kSystem, "out of memory");
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~EventReader() { yaml_parser_delete(&parser_); }
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  class Event {
   public:
    Event() = default;
    ~Event() { yaml_event_delete(&raw); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    yaml_event_t raw{};
  };

  void next(Event& event) {
    yaml_event_delete(&event.raw);
    if (yaml_parser_parse(&parser_, &event.raw) != 0) return;
    const yaml_mark_t& mark = parser_.problem_mark;
    const char* problem = parser_.problem != nullptr ? parser_.problem : "malformed";
    throw Error(reason::kBadYaml, "{}:{}:{}: {}", name_, mark.line + 1, mark.column + 1, problem);
  }

 private:
  yaml_parser_t parser_{};
  std::string name_;
};

std::string as_string(const yaml_event_t& scalar) {
  return {reinterpret_cast<const char*>(scalar.data.scalar.value), scalar.data.scalar.length};
}

}  // namespace

// Turns events into the tree; its depth is bounded, so recursion is safe.
class YamlBuilder {
 public:
  YamlBuilder(std::string_view text, std::string_view name, const YamlLimits& limits)
      : reader_(text, name), limits_(limits), document_(std::make_shared<const std::string>(name)) {}

  Yaml read_document() {
    EventReader::Event event;
    reader_.next(event);  // stream start
    reader_.next(event);
    if (event.raw.type == YAML_STREAM_END_EVENT) return make_node(event.raw);
    reader_.next(event);
    Yaml root = read_node(event, 1);
    reader_.next(event);  // document end
    reader_.next(event);
    if (event.raw.type != YAML_STREAM_END_EVENT) {
      throw make_node(event.raw).error("a second document begins; give one document a file");
    }
    return root;
  }

 private:
  Yaml make_node(const yaml_event_t& event) {
    Yaml node;
    node.line_ = static_cast<std::uint32_t>(event.start_mark.line + 1);
    node.column_ = static_cast<std::uint32_t>(event.start_mark.column + 1);
    node.document_ = document_;
    return node;
  }

  Yaml read_node(EventReader::Event& event, std::size_t depth) {
    Yaml node = make_node(event.raw);
    if (++nodes_ > limits_.max_nodes) throw node.error(fmt::format("more than {} nodes", limits_.max_nodes));
    if (depth > limits_.max_depth) throw node.error(fmt::format("nested deeper than {}", limits_.max_depth));
    switch (event.raw.type) {
      case YAML_SCALAR_EVENT:
        node.text_ = as_string(event.raw);
        node.quoted_ = event.raw.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return node;
      case YAML_SEQUENCE_START_EVENT: read_sequence(node, depth); return node;
      case YAML_MAPPING_START_EVENT: read_mapping(node, depth); return node;
      case YAML_ALIAS_EVENT: throw node.error("aliases are not accepted; write the value out");
      default: throw node.error("unexpected content");
    }
  }

  void read_sequence(Yaml& node, std::size_t depth) {
    node.kind_ = Yaml::Kind::sequence;
    EventReader::Event event;
    for (reader_.next(event); event.raw.type != YAML_SEQUENCE_END_EVENT; reader_.next(event)) {
      node.items_.push_back(read_node(event, depth + 1));
    }
  }

  void read_mapping(Yaml& node, std::size_t depth) {
    node.kind_ = Yaml::Kind::mapping;
    std::set<std::string> keys;
    EventReader::Event event;
    for (reader_.next(event); event.raw.type != YAML_MAPPING_END_EVENT; reader_.next(event)) {
      if (event.raw.type != YAML_SCALAR_EVENT) throw make_node(event.raw).error("a key must be plain text");
      std::string key = as_string(event.raw);
      if (!keys.insert(key).second) {
        throw make_node(event.raw).error(fmt::format("the key \"{}\" stands twice", printable(key, 64)));
      }
      reader_.next(event);
      node.members_.emplace_back(std::move(key), read_node(event, depth + 1));
    }
  }

  EventReader reader_;
  YamlLimits limits_;
  std::shared_ptr<const std::string> document_;
  std::size_t nodes_ = 0;
};

Yaml parse_yaml(std::string_view text, std::string_view name, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    throw Error(reason::kTooLarge, "{} is larger than {}", name, human_size(limits.max_bytes));
  }
  return YamlBuilder(text, name, limits).read_document();
}

Error Yaml::error(std::string_view problem) const {
  return Error(reason::kBadYaml, "{}:{}:{}: {}", document_ ? *document_ : "document", line_, column_, problem);
}

Error Yaml::unknown_key(std::string_view key, const std::vector<std::string>& known) const {
  const auto near = nearest(key, known);
  const std::string hint = near ? fmt::format("; did you mean \"{}\"?", *near) : "";
  for (const auto& [name, value] : members_) {
    if (name == key) return value.error(fmt::format("the key \"{}\" is not known here{}", printable(key, 64), hint));
  }
  return error(fmt::format("the key \"{}\" is not known here{}", printable(key, 64), hint));
}

bool Yaml::is_null() const {
  return kind_ == Kind::scalar && !quoted_ && (text_.empty() || text_ == "~" || text_ == "null" || text_ == "Null");
}

const std::string& Yaml::text() const {
  if (kind_ != Kind::scalar) throw error("expected text");
  return text_;
}

bool Yaml::boolean() const {
  const std::string word = to_lower(text());
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  throw error(fmt::format("expected true or false, found \"{}\"", printable(text_, 64)));
}

std::int64_t Yaml::integer() const {
  std::int64_t number = 0;
  const std::string& word = text();
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.empty() || problem != std::errc() || end != word.data() + word.size()) {
    throw error(fmt::format("expected a whole number, found \"{}\"", printable(word, 64)));
  }
  return number;
}

std::uint32_t Yaml::mode() const {
  std::string_view word = text();
  if (word.starts_with("0o")) word.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number, 8);
  if (word.empty() || problem != std::errc() || end != word.data() + word.size() || number > 07777) {
    throw error(fmt::format("expected a file mode such as 0644, found \"{}\"", printable(text_, 64)));
  }
  return number;
}

const std::vector<Yaml>& Yaml::items() const {
  if (kind_ != Kind::sequence) throw error("expected a list");
  return items_;
}

const std::vector<std::pair<std::string, Yaml>>& Yaml::members() const {
  if (kind_ != Kind::mapping) throw error("expected a mapping of keys to values");
  return members_;
}

const Yaml* Yaml::find(std::string_view key) const {
  for (const auto& [name, value] : members()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Yaml& Yaml::at(std::string_view key) const {
  if (const Yaml* value = find(key)) return *value;
  throw error(fmt::format("the key \"{}\" is missing", key));
}

}  // namespace cairn
