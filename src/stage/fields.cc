// SPDX-License-Identifier: Apache-2.0
#include "stage/fields.h"

#include "core/text.h"

#include <array>
#include <charconv>
#include <limits>

namespace cairn::stage {
namespace {

constexpr std::uint32_t kModeBits = 07777;

// A mode that somebody could mean: the owner reads, nobody writes what he can't read, others may no more than the
// group, and the group no more than the owner.
bool is_plausible(std::uint32_t mode) {
  const std::uint32_t owner = mode >> 6 & 7;
  const std::uint32_t group = mode >> 3 & 7;
  const std::uint32_t others = mode & 7;
  const auto writes_blindly = [](std::uint32_t bits) { return (bits & 6) == 2; };
  return mode <= kModeBits && (owner & 4) != 0 && (group & ~owner) == 0 && (others & ~group) == 0 &&
         !writes_blindly(group) && !writes_blindly(others);
}

std::optional<std::uint32_t> read_number(std::string_view text, int base) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Names read_names(const Yaml& value) {
  if (value.kind() == Yaml::Kind::scalar) return {value.text()};
  Names names;
  for (const Yaml& item : value.items()) names.push_back(item.text());
  return names;
}

Names read_words(const Yaml& value) {
  if (value.kind() != Yaml::Kind::scalar) return read_names(value);
  Names words;
  std::string word;
  for (const char c : value.text() + ",") {
    if (c != ',' && c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

std::map<std::string, std::string> read_map(const Yaml& value) {
  std::map<std::string, std::string> map;
  for (const auto& [key, item] : value.members()) map[key] = item.is_null() ? "" : item.text();
  return map;
}

std::string read_filled(const Yaml& value) {
  if (value.text().empty()) throw value.error("expected text, found nothing");
  return value.text();
}

std::string read_path(const Yaml& value) {
  const std::string& path = value.text();
  if (!path.starts_with('/')) throw value.error(fmt::format("\"{}\" is no absolute path", printable(path)));
  for (const std::string& part : split(path, '/')) {
    if (part == "..") throw value.error(fmt::format("\"{}\": \"..\" is not accepted in a path", printable(path)));
  }
  if (path.find('\0') != std::string::npos) throw value.error("a path can't hold a zero byte");
  return path;
}

mode_t read_mode(const Yaml& value) {
  const std::string& text = value.text();
  if (value.quoted() || text.starts_with('0')) return value.mode();
  const auto octal = read_number(text, 8);
  const auto decimal = read_number(text, 10);
  const bool octal_fits = octal && is_plausible(*octal);
  const bool decimal_fits = decimal && is_plausible(*decimal);
  if (octal_fits && decimal_fits) {
    throw value.error(
        fmt::format("{} may be the mode 0{:o} or, read as a decimal number, 0{:o}; write the one you mean", text,
                    *octal, *decimal));
  }
  if (decimal_fits) return *decimal;
  return value.mode();
}

std::uint32_t read_id(const Yaml& value) {
  const std::int64_t number = value.integer();
  // The last one means "leave as it is" to chown(2).
  if (number < 0 || number >= std::numeric_limits<std::uint32_t>::max()) {
    throw value.error(fmt::format("expected the number of a user or group, found {}", number));
  }
  return static_cast<std::uint32_t>(number);
}

Encoding read_encoding(const Yaml& value) {
  struct Row {
    std::string_view name;
    Encoding encoding;
  };
  static constexpr std::array kRows = {
      Row{"", Encoding::plain},
      Row{"text/plain", Encoding::plain},
      Row{"b64", Encoding::base64},
      Row{"base64", Encoding::base64},
      Row{"gz", Encoding::gzip},
      Row{"gzip", Encoding::gzip},
      Row{"gz+b64", Encoding::gzip_base64},
      Row{"gz+base64", Encoding::gzip_base64},
      Row{"gzip+b64", Encoding::gzip_base64},
      Row{"gzip+base64", Encoding::gzip_base64},
  };
  for (const Row& row : kRows) {
    if (row.name == value.text()) return row.encoding;
  }
  throw value.error(
      fmt::format("there is no encoding \"{}\"; there are b64, gzip and gz+b64", printable(value.text())));
}

void check_account_name(const std::string& name, const Yaml& where) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '$' || c == '@';
  };
  if (name.empty() || name.size() > 32 || name == "." || name == ".." || name.front() == '-' ||
      !std::all_of(name.begin(), name.end(), fits)) {
    throw where.error(fmt::format("\"{}\" can't be the name of a user or group", printable(name)));
  }
}

std::string read_account_name(const Yaml& value) {
  check_account_name(value.text(), value);
  return value.text();
}

void check_passwd_field(const std::string& text, const Yaml& where) {
  if (text.find_first_of(std::string_view(":\n\r\0", 4)) != std::string::npos) {
    throw where.error("a colon or a line break can't stand in a file of accounts");
  }
}

std::string place_of(const Yaml& value) {
  const std::string text = value.error("").message();
  return text.substr(0, text.size() - 2);
}

}  // namespace cairn::stage
