// SPDX-License-Identifier: Apache-2.0
#include "core/yaml_text.h"

#include "core/text.h"

#include <algorithm>
#include <array>

namespace cairn {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Words that YAML 1.1 takes for a truth or for nothing. Numbers and dates begin otherwise than with a letter.
bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kWords = {"true", "false", "yes", "no",  "on",
                                                             "off",  "y",     "n",   "null"};
  return std::find(kWords.begin(), kWords.end(), to_lower(text)) != kWords.end();
}

bool can_be_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || text.back() == ' ' || text.back() == ':') return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos && !is_reserved(text);
}

// JSON's escapes are YAML's, in double quotes.
std::string scalar(const json::value& value) {
  if (value.is_string() && can_be_plain(value.get_string())) return std::string(value.get_string());
  return to_text(value);
}

std::string key_text(std::string_view key) { return can_be_plain(key) ? std::string(key) : to_text(json::value(key)); }

bool is_block(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

void write(std::string& out, const json::value& value, std::size_t indent);

// What stands after "key:": on the same line, or as a block below.
void write_value(std::string& out, const json::value& value, std::size_t indent) {
  if (!is_block(value)) {
    out += " " + scalar(value) + "\n";
    return;
  }
  out += "\n";
  write(out, value, indent);
}

// The first line of an item's block stands behind its dash.
void write(std::string& out, const json::value& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      out += margin + key_text(member.key()) + ":";
      write_value(out, member.value(), indent + (member.value().is_array() ? 0 : 2));
    }
    return;
  }
  for (const auto& item : value.get_array()) {
    if (!is_block(item)) {
      out += margin + "- " + scalar(item) + "\n";
      continue;
    }
    std::string block;
    write(block, item, indent + 2);
    block[indent] = '-';
    out += block;
  }
}

}  // namespace

std::string to_yaml(const json::value& value) {
  if (!is_block(value)) return scalar(value) + "\n";
  std::string out;
  write(out, value, 0);
  return out;
}

}  // namespace cairn
