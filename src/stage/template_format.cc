// SPDX-License-Identifier: Apache-2.0
#include "stage/template_format.h"

#include "core/text.h"
#include "stage/reasons.h"
#include "stage/template_tree.h"

#include <fmt/format.h>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxWidth = 4096;

Error bad(std::string_view problem) { return {reason::kBadTemplate, "{}", problem}; }

// "%-08.3f" taken apart.
struct Verb {
  char letter = 0;
  bool left = false;
  bool zeros = false;
  bool sign = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
};

class VerbReader {
 public:
  explicit VerbReader(std::string_view text) : text_(text) {}

  // After the percent sign.
  Verb read() {
    Verb verb;
    for (;; next()) {
      if (peek() == '-') {
        verb.left = true;
      } else if (peek() == '0') {
        verb.zeros = true;
      } else if (peek() == '+') {
        verb.sign = true;
      } else {
        break;
      }
    }
    verb.width = read_count();
    if (peek() == '.') {
      next();
      verb.precision = read_count();
    }
    verb.letter = peek();
    next();
    return verb;
  }
  std::size_t used() const { return used_; }

 private:
  char peek() const {
    if (used_ >= text_.size()) throw bad("a format ends in the middle of a %");
    return text_[used_];
  }
  void next() { ++used_; }
  std::size_t read_count() {
    std::size_t count = 0;
    for (; peek() >= '0' && peek() <= '9'; next()) {
      count = count * 10 + static_cast<std::size_t>(peek() - '0');
      if (count > kMaxWidth) throw bad(fmt::format("a width of more than {}", kMaxWidth));
    }
    return count;
  }

  std::string_view text_;
  std::size_t used_ = 0;
};

std::string hexadecimal(const json::value& value) {
  if (value.is_int64()) {
    const std::int64_t number = value.get_int64();
    return number < 0 ? fmt::format("-{:x}", 0 - static_cast<std::uint64_t>(number)) : fmt::format("{:x}", number);
  }
  std::string digits;
  for (const char c : to_display(value)) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return digits;
}

std::string convert(const Verb& verb, const json::value& value) {
  switch (verb.letter) {
    case 's':
    case 'v': {
      std::string text = to_display(value);
      return verb.precision && *verb.precision < text.size() ? text.substr(0, *verb.precision) : text;
    }
    case 'd': {
      if (!value.is_int64()) throw bad("%d wants a whole number");
      return fmt::format("{}{}", verb.sign && value.get_int64() >= 0 ? "+" : "", value.get_int64());
    }
    case 'q': return to_text(json::value(to_display(value)));
    case 'x': return hexadecimal(value);
    case 't':
      if (!value.is_bool()) throw bad("%t wants true or false");
      return value.get_bool() ? "true" : "false";
    case 'f':
      if (!value.is_number()) throw bad("%f wants a number");
      return fmt::format("{:.{}f}", value.to_number<double>(), verb.precision.value_or(6));
    default: throw bad(fmt::format("there is no verb %{} here", printable(std::string_view(&verb.letter, 1))));
  }
}

std::string pad(std::string text, const Verb& verb) {
  if (text.size() >= verb.width) return text;
  const std::size_t missing = verb.width - text.size();
  if (verb.left) return text + std::string(missing, ' ');
  if (!verb.zeros) return std::string(missing, ' ') + text;
  const bool is_signed = text.starts_with('-') || text.starts_with('+');
  return text.insert(is_signed ? 1 : 0, missing, '0');
}

}  // namespace

std::string format_go(const std::vector<json::value>& arguments, std::size_t max_size) {
  const std::string format = to_display(arguments.front());
  std::string made;
  std::size_t next = 1;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      made += format[at];
      continue;
    }
    VerbReader reader(std::string_view(format).substr(at + 1));
    const Verb verb = reader.read();
    at += reader.used();
    if (verb.letter == '%') {
      made += '%';
      continue;
    }
    if (next >= arguments.size()) throw bad("a format wants more values than it is given");
    made += pad(convert(verb, arguments[next++]), verb);
    if (made.size() > max_size) throw bad(fmt::format("a text of more than {}", human_size(max_size)));
  }
  if (next != arguments.size()) throw bad("a format is given more values than it wants");
  return made;
}

bool is_true(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return false;
    case json::kind::bool_: return value.get_bool();
    case json::kind::int64: return value.get_int64() != 0;
    case json::kind::uint64: return value.get_uint64() != 0;
    case json::kind::double_: return value.get_double() != 0;
    case json::kind::string: return !value.get_string().empty();
    case json::kind::array: return !value.get_array().empty();
    case json::kind::object: return !value.get_object().empty();
  }
  return false;
}

std::string to_display(const json::value& value) {
  std::string made;
  switch (value.kind()) {
    case json::kind::null: throw Error(reason::kBadTemplate, "there is no such value");
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::int64: return std::to_string(value.get_int64());
    case json::kind::uint64: return std::to_string(value.get_uint64());
    case json::kind::double_: return fmt::format("{}", value.get_double());
    case json::kind::string: return std::string(value.get_string());
    case json::kind::array:
      for (const json::value& item : value.get_array()) made += (made.empty() ? "" : " ") + to_display(item);
      return "[" + made + "]";
    case json::kind::object:
      for (const auto& member : value.get_object()) {
        made += (made.empty() ? "" : " ") + std::string(member.key()) + ":" + to_display(member.value());
      }
      return "map[" + made + "]";
  }
  return made;
}

}  // namespace cairn::stage
