// SPDX-License-Identifier: Apache-2.0
#include "stage/settings.h"

#include "core/text.h"
#include "stage/reasons.h"

#include <algorithm>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxHostname = 64;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

Names lines_of(std::string_view text) {
  Names lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string join_lines(const Names& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// "NAME" of "NAME=value" and "  NAME = value"; empty for comments and what has no "=".
std::string key_of(const std::string& line) {
  const std::size_t equals = line.find('=');
  const std::string_view key = trim(std::string_view(line).substr(0, equals));
  if (equals == std::string::npos || key.starts_with('#') || key.starts_with(';')) return {};
  return std::string(key.starts_with("export ") ? trim(key.substr(7)) : key);
}

void check_one_line(const std::string& key, const std::string& value) {
  if (value.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) {
    throw Error(reason::kBadConfig, "the value of {} has a line break", printable(key));
  }
}

std::string quote_value(const std::string& value) {
  const auto plain = [](char c) {
    return is_letter_or_digit(c) || std::string_view("_-./:,@%+=").find(c) != std::string_view::npos;
  };
  if (!value.empty() && std::all_of(value.begin(), value.end(), plain)) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// Puts each value where its key stands in [begin, end), or before `end`.
void put_values(Names& lines, std::size_t begin, std::size_t end, const std::map<std::string, std::string>& rows) {
  Names added;
  for (const auto& [key, row] : rows) {
    bool placed = false;
    for (std::size_t at = begin; at < end; ++at) {
      if (key_of(lines[at]) != key) continue;
      if (!placed) {
        lines[at] = row;
      } else {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at--));
        --end;
      }
      placed = true;
    }
    if (!placed) added.push_back(row);
  }
  while (end > begin && trim(lines[end - 1]).empty()) --end;
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(end), added.begin(), added.end());
}

}  // namespace

std::string make_resolv_conf(const DnsWant& dns) {
  std::string text;
  const auto add_line = [&](std::string_view word, const Names& values) {
    if (values.empty()) return;
    text += word;
    for (const std::string& value : values) {
      check_one_line("dns", value);
      text += " " + value;
    }
    text += '\n';
  };
  add_line("search", dns.search);
  for (const std::string& server : dns.nameservers) add_line("nameserver", {server});
  add_line("options", dns.options);
  return text;
}

std::string merge_hosts(std::string_view text, const std::string& hostname) {
  Names lines = lines_of(text);
  const std::string wanted = "127.0.0.1 localhost " + hostname;
  bool found = false;
  for (std::string& line : lines) {
    std::string_view address = trim(line);
    address = address.substr(0, address.find_first_of(" \t"));
    if (address != "127.0.0.1") continue;
    line = wanted;
    found = true;
  }
  if (!found) lines.insert(lines.begin(), wanted);
  return join_lines(lines);
}

std::string merge_environment(std::string_view text, const std::map<std::string, std::string>& values) {
  std::map<std::string, std::string> rows;
  for (const auto& [key, value] : values) {
    const bool fits = !key.empty() && (key[0] < '0' || key[0] > '9') &&
                      std::all_of(key.begin(), key.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
    if (!fits) throw Error(reason::kBadConfig, "\"{}\" can't be the name of a variable", printable(key));
    check_one_line(key, value);
    rows[key] = key + "=" + quote_value(value);
  }
  Names lines = lines_of(text);
  put_values(lines, 0, lines.size(), rows);
  return join_lines(lines);
}

std::string merge_section(std::string_view text, const std::string& section,
                          const std::map<std::string, std::string>& values) {
  std::map<std::string, std::string> rows;
  for (const auto& [key, value] : values) {
    check_one_line(key, value);
    if (key.empty() || key.find_first_of("=[]\n#;") != std::string::npos) {
      throw Error(reason::kBadConfig, "\"{}\" can't be a key of such a file", printable(key));
    }
    rows[key] = key + "=" + value;
  }
  Names lines = lines_of(text);
  const auto header = std::find_if(lines.begin(), lines.end(),
                                   [&](const std::string& line) { return trim(line) == "[" + section + "]"; });
  if (header == lines.end()) {
    lines.push_back("[" + section + "]");
    put_values(lines, lines.size(), lines.size(), rows);
    return join_lines(lines);
  }
  const auto next =
      std::find_if(header + 1, lines.end(), [](const std::string& line) { return trim(line).starts_with('['); });
  put_values(lines, static_cast<std::size_t>(header - lines.begin()) + 1,
             static_cast<std::size_t>(next - lines.begin()), rows);
  return join_lines(lines);
}

std::string sysctl_path(const std::string& name) {
  const std::size_t first = name.find_first_of("./");
  const bool dotted = first != std::string::npos && name[first] == '.';
  std::string path = "/proc/sys/";
  for (const char c : name) path += dotted && c == '.' ? '/' : dotted && c == '/' ? '.' : c;
  for (const std::string& part : split(path.substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") {
      throw Error(reason::kBadConfig, "\"{}\" can't be the name of a sysctl", printable(name));
    }
  }
  return path;
}

void check_hostname(const std::string& name) {
  bool fits = !name.empty() && name.size() <= kMaxHostname;
  for (const std::string& label : split(name, '.')) {
    fits = fits && !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
  }
  if (!fits) throw Error(reason::kBadConfig, "\"{}\" can't be a host name", printable(name));
}

}  // namespace cairn::stage
