// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"

#include "core/reasons.h"
#include "core/text.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>

#include <cmath>
#include <set>

namespace cairn {
namespace {

using boost::json::error_code;
using boost::json::string_view;

// Builds the value as Boost's own parser does, and refuses what that one lets pass: a key twice in one object
// (two readers of the document could then disagree) and numbers that became infinite.
class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  const std::string& problem() const { return problem_; }
  json::value release() { return stack_.release(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, error_code&) {
    keys_.pop_back();
    stack_.push_object(count);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    stack_.push_array(count);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    key_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code& ec) {
    key_.append(rest.data(), rest.size());
    if (!keys_.back().insert(key_).second) {
      return refuse(fmt::format("the key \"{}\" stands twice in one object", printable(key_, 64)), ec);
    }
    key_.clear();
    stack_.push_key(rest);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(string_view rest, std::size_t, error_code&) {
    stack_.push_string(rest);
    return true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, string_view, error_code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, string_view, error_code&) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, string_view, error_code& ec) {
    if (!std::isfinite(number)) return refuse("a number is out of range", ec);
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  StrictHandler() { stack_.reset(); }

 private:
  bool refuse(std::string problem, error_code& ec) {
    problem_ = std::move(problem);
    ec = boost::json::error::syntax;
    return false;
  }

  boost::json::value_stack stack_;
  std::vector<std::set<std::string>> keys_;
  std::string key_;
  std::string problem_;
};

std::string place(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : text.substr(0, offset)) {
    ++column;
    if (c == '\n') {
      ++line;
      column = 1;
    }
  }
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

json::value parse_json(std::string_view text, std::string_view what) {
  boost::json::basic_parser<StrictHandler> parser(boost::json::parse_options{});
  error_code ec;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && consumed < text.size()) ec = boost::json::error::extra_data;
  if (ec) {
    const std::string& own = parser.handler().problem();
    throw Error(reason::kBadJson, "{}: {}: {}", what, place(text, consumed), own.empty() ? ec.message() : own);
  }
  return parser.handler().release();
}

JsonCursor::JsonCursor(const json::value& value, std::string_view document, const Reason& reason)
    : value_(&value), document_(document), reason_(&reason) {}

Error JsonCursor::error(std::string_view problem) const {
  if (path_.empty()) return Error(*reason_, "{}: {}", document_, problem);
  return Error(*reason_, "{}: {}: {}", document_, path_, problem);
}

std::optional<JsonCursor> JsonCursor::find(std::string_view key) const {
  if (!value_->is_object()) throw error("expected an object");
  const json::value* member = value_->get_object().if_contains(key);
  if (member == nullptr || member->is_null()) return std::nullopt;
  JsonCursor cursor = *this;
  cursor.value_ = member;
  cursor.path_ = path_.empty() ? printable(key, 64) : fmt::format("{}.{}", path_, printable(key, 64));
  return cursor;
}

JsonCursor JsonCursor::at(std::string_view key) const {
  if (auto cursor = find(key)) return *std::move(cursor);
  throw error(fmt::format("\"{}\" is missing", key));
}

std::vector<JsonCursor> JsonCursor::items() const {
  if (!value_->is_array()) throw error("expected a list");
  std::vector<JsonCursor> cursors;
  for (const json::value& item : value_->get_array()) {
    JsonCursor& cursor = cursors.emplace_back(*this);
    cursor.value_ = &item;
    cursor.path_ = fmt::format("{}[{}]", path_, cursors.size() - 1);
  }
  return cursors;
}

std::vector<std::pair<std::string, JsonCursor>> JsonCursor::members() const {
  if (!value_->is_object()) throw error("expected an object");
  std::vector<std::pair<std::string, JsonCursor>> cursors;
  for (const auto& member : value_->get_object()) {
    JsonCursor cursor = *this;
    const std::string key(member.key());
    cursor.value_ = &member.value();
    cursor.path_ = path_.empty() ? printable(key, 64) : fmt::format("{}.{}", path_, printable(key, 64));
    cursors.emplace_back(key, std::move(cursor));
  }
  return cursors;
}

std::string JsonCursor::text() const {
  if (!value_->is_string()) throw error("expected text");
  return std::string(value_->get_string());
}

std::int64_t JsonCursor::integer() const {
  if (!value_->is_int64()) throw error("expected a whole number");
  return value_->get_int64();
}

std::uint64_t JsonCursor::count(std::uint64_t max) const {
  const bool fits = value_->is_uint64() || (value_->is_int64() && value_->get_int64() >= 0);
  const std::uint64_t number = !fits                 ? 0
                               : value_->is_uint64() ? value_->get_uint64()
                                                     : static_cast<std::uint64_t>(value_->get_int64());
  if (!fits || number > max) throw error(fmt::format("expected a whole number from 0 to {}", max));
  return number;
}

bool JsonCursor::boolean() const {
  if (!value_->is_bool()) throw error("expected true or false");
  return value_->get_bool();
}

std::string to_text(const json::value& value) { return boost::json::serialize(value); }

namespace {

void append_pretty(std::string& out, const json::value& value, std::size_t depth) {
  const auto new_line = [&](std::size_t at) { out.append("\n").append(2 * at, ' '); };
  const char* separator = "";
  if (value.is_object() && !value.get_object().empty()) {
    out += "{";
    for (const auto& member : value.get_object()) {
      out += separator;
      new_line(depth + 1);
      out += boost::json::serialize(boost::json::string(member.key())) + ": ";
      append_pretty(out, member.value(), depth + 1);
      separator = ",";
    }
    new_line(depth);
    out += "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[";
    for (const json::value& item : value.get_array()) {
      out += separator;
      new_line(depth + 1);
      append_pretty(out, item, depth + 1);
      separator = ",";
    }
    new_line(depth);
    out += "]";
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string to_pretty_text(const json::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out + "\n";
}

}  // namespace cairn
