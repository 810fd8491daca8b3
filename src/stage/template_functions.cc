// SPDX-License-Identifier: Apache-2.0
#include "core/base64.h"
#include "core/digest.h"
#include "core/random.h"
#include "core/text.h"
#include "stage/patterns.h"
#include "stage/reasons.h"
#include "stage/template_format.h"
#include "stage/template_tree.h"

#include <algorithm>
#include <array>
#include <limits>

namespace cairn::stage {
namespace {

using Values = std::vector<json::value>;

constexpr std::size_t kAnyNumber = 64;
// What a function may make at most, whatever the caller's own bound.
constexpr std::size_t kMaxText = 1 << 20;

Error bad(std::string_view problem) { return {reason::kBadTemplate, "{}", problem}; }

std::string text(const json::value& value) { return to_display(value); }

std::int64_t integer(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_double()) {
    const double number = value.get_double();
    if (number > -9e15 && number < 9e15) return static_cast<std::int64_t>(number);
  }
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  if (value.is_string()) {
    const std::string_view digits = value.get_string();
    const bool negative = digits.starts_with('-');
    const auto number = parse_number(digits.substr(negative ? 1 : 0));
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (number && *number <= kMost)
      return negative ? -static_cast<std::int64_t>(*number) : static_cast<std::int64_t>(*number);
  }
  throw bad("expected a whole number");
}

const json::array& list(const json::value& value) {
  if (!value.is_array()) throw bad("expected a list");
  return value.get_array();
}

json::value bounded(std::string made) {
  if (made.size() > kMaxText) throw bad(fmt::format("a text of more than {}", human_size(kMaxText)));
  return json::value(made);
}

std::string replace_all(std::string_view from, std::string_view what, std::string_view with) {
  if (what.empty()) return std::string(from);
  std::string made;
  for (std::size_t at = 0; at < from.size();) {
    const std::size_t found = from.find(what, at);
    made += from.substr(at, found - at);
    if (found == std::string_view::npos) break;
    made += with;
    if (made.size() > kMaxText) break;  // bounded() refuses it
    at = found + what.size();
  }
  return made;
}

json::value repeat(std::int64_t times, const std::string& what) {
  if (times < 0 || (!what.empty() && static_cast<std::uint64_t>(times) > kMaxText / what.size())) {
    throw bad("\"repeat\" would make too much");
  }
  std::string made;
  for (std::int64_t i = 0; i < times; ++i) made += what;
  return bounded(std::move(made));
}

json::value indent(std::int64_t width, const std::string& what) {
  if (width < 0 || width > 1000) throw bad("an indentation must be from 0 to 1000");
  const std::string blanks(static_cast<std::size_t>(width), ' ');
  return bounded(blanks + replace_all(what, "\n", "\n" + blanks));
}

// The first characters, or with a negative count the last ones. Counts bytes, but never cuts inside a character.
json::value trunc(std::int64_t count, const std::string& what) {
  const auto continues = [&](std::size_t at) { return at < what.size() && (what[at] & 0xc0) == 0x80; };
  const std::uint64_t wanted = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  if (wanted >= what.size()) return json::value(what);
  std::size_t cut = count < 0 ? what.size() - wanted : wanted;
  while (continues(cut)) cut = count < 0 ? cut + 1 : cut - 1;
  return json::value(count < 0 ? what.substr(cut) : what.substr(0, cut));
}

json::value substring(std::int64_t from, std::int64_t to, const std::string& what) {
  const auto size = static_cast<std::int64_t>(what.size());
  from = std::clamp<std::int64_t>(from, 0, size);
  to = to < 0 ? size : std::clamp<std::int64_t>(to, from, size);
  return json::value(what.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
}

json::value split_list(const std::string& separator, const std::string& what) {
  json::array parts;
  std::size_t at = 0;
  while (!separator.empty()) {
    const std::size_t found = what.find(separator, at);
    if (found == std::string::npos) break;
    parts.emplace_back(what.substr(at, found - at));
    at = found + separator.size();
  }
  parts.emplace_back(what.substr(at));
  return parts;
}

json::value join(const std::string& separator, const json::value& what) {
  std::string made;
  for (const json::value& part : list(what)) {
    if (made.size() > kMaxText) break;
    made += (&part == &list(what).front() ? "" : separator) + text(part);
  }
  return bounded(std::move(made));
}

json::value title(std::string what) {
  bool begins = true;
  for (char& c : what) {
    if (begins && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    begins = c == ' ' || c == '\t' || c == '\n' || c == '-';
  }
  return json::value(what);
}

std::string upper(std::string what) {
  for (char& c : what) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return what;
}

std::string trim_any(std::string_view what, std::string_view which) {
  const std::size_t first = what.find_first_not_of(which);
  if (first == std::string_view::npos) return {};
  return std::string(what.substr(first, what.find_last_not_of(which) - first + 1));
}

int compare(const json::value& a, const json::value& b) {
  if (a.is_string() && b.is_string()) return a.get_string().compare(b.get_string());
  if (a.is_number() && b.is_number()) {
    if (a.is_int64() && b.is_int64()) return a.get_int64() < b.get_int64() ? -1 : a.get_int64() > b.get_int64();
    const double x = a.to_number<double>();
    const double y = b.to_number<double>();
    return x < y ? -1 : x > y;
  }
  if (a.is_bool() && b.is_bool()) return static_cast<int>(a.get_bool()) - static_cast<int>(b.get_bool());
  throw bad("values of different kinds can't be compared");
}

bool equal_any(const Values& values) {
  return std::any_of(values.begin() + 1, values.end(), [&](const json::value& other) {
    if (other.is_null() || values[0].is_null()) return other.is_null() && values[0].is_null();
    return compare(values[0], other) == 0;
  });
}

json::value index(const Values& values) {
  json::value found = values.front();
  for (auto key = values.begin() + 1; key != values.end(); ++key) {
    if (const json::object* object = found.if_object()) {
      const json::value* member = object->if_contains(text(*key));
      found = member != nullptr ? json::value(*member) : json::value(nullptr);
    } else {
      const std::int64_t at = integer(*key);
      if (at < 0 || static_cast<std::uint64_t>(at) >= list(found).size()) throw bad(fmt::format("no element {}", at));
      found = json::value(list(found)[static_cast<std::size_t>(at)]);
    }
  }
  return found;
}

std::int64_t length(const json::value& value) {
  if (value.is_string()) return static_cast<std::int64_t>(value.get_string().size());
  if (value.is_object()) return static_cast<std::int64_t>(value.get_object().size());
  return static_cast<std::int64_t>(list(value).size());
}

json::value arithmetic(char sign, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  switch (sign) {
    case '+': overflows = __builtin_add_overflow(a, b, &result); break;
    case '-': overflows = __builtin_sub_overflow(a, b, &result); break;
    case '*': overflows = __builtin_mul_overflow(a, b, &result); break;
    default:
      if (b == 0) throw bad("division by zero");
      overflows = b == -1 && a == std::numeric_limits<std::int64_t>::min();
      if (!overflows) result = sign == '/' ? a / b : a % b;
  }
  if (overflows) throw bad("a number too large");
  return result;
}

json::value concatenate(const Values& values, std::string_view between, std::string_view after) {
  std::string made;
  for (const json::value& value : values) {
    made += (&value == &values.front() ? std::string_view() : between);
    made += text(value);
    if (made.size() > kMaxText) break;
  }
  return bounded(made + std::string(after));
}

json::value from_base64(const std::string& what) {
  const auto decoded = decode_base64(what);
  if (!decoded) throw bad("\"b64dec\" was given what is no base64");
  return json::value(*decoded);
}

json::value random_text(std::int64_t count, std::string_view alphabet) {
  if (count < 0 || count > 4096) throw bad("ask for 0 to 4096 random characters");
  return json::value(make_random_text(static_cast<std::size_t>(count), alphabet));
}

struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  json::value (*call)(Values& v);
};

// Go's own, then sprig's. The value that comes through a pipe is the last one.
constexpr std::array kFunctions = {
    Function{"and", 1, kAnyNumber,
             [](Values& v) {
               const auto no = std::find_if_not(v.begin(), v.end(), is_true);
               return no != v.end() ? *no : v.back();
             }},
    Function{"or", 1, kAnyNumber,
             [](Values& v) {
               const auto yes = std::find_if(v.begin(), v.end(), is_true);
               return yes != v.end() ? *yes : v.back();
             }},
    Function{"not", 1, 1, [](Values& v) { return json::value(!is_true(v[0])); }},
    Function{"eq", 2, kAnyNumber, [](Values& v) { return json::value(equal_any(v)); }},
    Function{"ne", 2, 2, [](Values& v) { return json::value(!equal_any(v)); }},
    Function{"lt", 2, 2, [](Values& v) { return json::value(compare(v[0], v[1]) < 0); }},
    Function{"le", 2, 2, [](Values& v) { return json::value(compare(v[0], v[1]) <= 0); }},
    Function{"gt", 2, 2, [](Values& v) { return json::value(compare(v[0], v[1]) > 0); }},
    Function{"ge", 2, 2, [](Values& v) { return json::value(compare(v[0], v[1]) >= 0); }},
    Function{"index", 1, kAnyNumber, [](Values& v) { return index(v); }},
    Function{"len", 1, 1, [](Values& v) { return json::value(length(v[0])); }},
    Function{"print", 0, kAnyNumber, [](Values& v) { return concatenate(v, "", ""); }},
    Function{"println", 0, kAnyNumber, [](Values& v) { return concatenate(v, " ", "\n"); }},
    Function{"printf", 1, kAnyNumber, [](Values& v) { return bounded(format_go(v, kMaxText)); }},
    Function{"default", 2, 2, [](Values& v) { return is_true(v[1]) ? v[1] : v[0]; }},
    Function{"empty", 1, 1, [](Values& v) { return json::value(!is_true(v[0])); }},
    Function{"coalesce", 1, kAnyNumber,
             [](Values& v) {
               const auto yes = std::find_if(v.begin(), v.end(), is_true);
               return yes != v.end() ? *yes : json::value(nullptr);
             }},
    Function{"ternary", 3, 3, [](Values& v) { return is_true(v[2]) ? v[0] : v[1]; }},
    Function{"required", 2, 2,
             [](Values& v) {
               if (!is_true(v[1])) throw bad(text(v[0]));
               return v[1];
             }},
    Function{"fail", 1, 1, [](Values& v) -> json::value { throw bad(text(v[0])); }},
    Function{"quote", 1, 1, [](Values& v) { return bounded(to_text(json::value(text(v[0])))); }},
    Function{"squote", 1, 1, [](Values& v) { return bounded("'" + text(v[0]) + "'"); }},
    Function{"trunc", 2, 2, [](Values& v) { return trunc(integer(v[0]), text(v[1])); }},
    Function{"substr", 3, 3, [](Values& v) { return substring(integer(v[0]), integer(v[1]), text(v[2])); }},
    Function{"upper", 1, 1, [](Values& v) { return json::value(upper(text(v[0]))); }},
    Function{"lower", 1, 1, [](Values& v) { return json::value(to_lower(text(v[0]))); }},
    Function{"title", 1, 1, [](Values& v) { return title(text(v[0])); }},
    Function{"trim", 1, 1, [](Values& v) { return json::value(trim_any(text(v[0]), " \t\r\n\v\f")); }},
    Function{"trimAll", 2, 2, [](Values& v) { return json::value(trim_any(text(v[1]), text(v[0]))); }},
    Function{"trimPrefix", 2, 2,
             [](Values& v) {
               const std::string prefix = text(v[0]), all = text(v[1]);
               return json::value(all.starts_with(prefix) ? all.substr(prefix.size()) : all);
             }},
    Function{"trimSuffix", 2, 2,
             [](Values& v) {
               const std::string suffix = text(v[0]), all = text(v[1]);
               return json::value(all.ends_with(suffix) ? all.substr(0, all.size() - suffix.size()) : all);
             }},
    Function{"nospace", 1, 1,
             [](Values& v) {
               std::string all = text(v[0]);
               std::erase_if(all, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
               return json::value(all);
             }},
    Function{"replace", 3, 3, [](Values& v) { return bounded(replace_all(text(v[2]), text(v[0]), text(v[1]))); }},
    Function{"repeat", 2, 2, [](Values& v) { return repeat(integer(v[0]), text(v[1])); }},
    Function{"indent", 2, 2, [](Values& v) { return indent(integer(v[0]), text(v[1])); }},
    Function{"nindent", 2, 2, [](Values& v) { return bounded("\n" + text(indent(integer(v[0]), text(v[1])))); }},
    Function{"contains", 2, 2, [](Values& v) { return json::value(text(v[1]).find(text(v[0])) != std::string::npos); }},
    Function{"hasPrefix", 2, 2, [](Values& v) { return json::value(text(v[1]).starts_with(text(v[0]))); }},
    Function{"hasSuffix", 2, 2, [](Values& v) { return json::value(text(v[1]).ends_with(text(v[0]))); }},
    Function{"cat", 1, kAnyNumber, [](Values& v) { return concatenate(v, " ", ""); }},
    Function{"splitList", 2, 2, [](Values& v) { return split_list(text(v[0]), text(v[1])); }},
    Function{"join", 2, 2, [](Values& v) { return join(text(v[0]), v[1]); }},
    Function{"list", 0, kAnyNumber, [](Values& v) { return json::value(json::array(v.begin(), v.end())); }},
    Function{"first", 1, 1, [](Values& v) { return list(v[0]).empty() ? json::value() : list(v[0]).front(); }},
    Function{"last", 1, 1, [](Values& v) { return list(v[0]).empty() ? json::value() : list(v[0]).back(); }},
    Function{
        "has", 2, 2,
        [](Values&
               v) { return json::value(std::find(list(v[1]).begin(), list(v[1]).end(), v[0]) != list(v[1]).end()); }},
    Function{"regexMatch", 2, 2, [](Values& v) { return json::value(matches(text(v[0]), text(v[1]))); }},
    Function{"regexReplaceAll", 3, 3,
             [](Values& v) { return bounded(replace_matches(text(v[0]), text(v[1]), text(v[2]))); }},
    Function{"toString", 1, 1, [](Values& v) { return bounded(text(v[0])); }},
    Function{"toJson", 1, 1, [](Values& v) { return bounded(to_text(v[0])); }},
    Function{"b64enc", 1, 1, [](Values& v) { return bounded(encode_base64(text(v[0]))); }},
    Function{"b64dec", 1, 1, [](Values& v) { return from_base64(text(v[0])); }},
    Function{"sha256sum", 1, 1, [](Values& v) { return json::value(sha256(as_bytes(text(v[0]))).hex()); }},
    Function{"int", 1, 1, [](Values& v) { return json::value(integer(v[0])); }},
    Function{"add", 2, 2, [](Values& v) { return arithmetic('+', integer(v[0]), integer(v[1])); }},
    Function{"sub", 2, 2, [](Values& v) { return arithmetic('-', integer(v[0]), integer(v[1])); }},
    Function{"mul", 2, 2, [](Values& v) { return arithmetic('*', integer(v[0]), integer(v[1])); }},
    Function{"div", 2, 2, [](Values& v) { return arithmetic('/', integer(v[0]), integer(v[1])); }},
    Function{"mod", 2, 2, [](Values& v) { return arithmetic('%', integer(v[0]), integer(v[1])); }},
    Function{"min", 2, 2, [](Values& v) { return json::value(std::min(integer(v[0]), integer(v[1]))); }},
    Function{"max", 2, 2, [](Values& v) { return json::value(std::max(integer(v[0]), integer(v[1]))); }},
    Function{"randAlphaNum", 1, 1, [](Values& v) { return random_text(integer(v[0]), kAlphanumerics); }},
    Function{"randNumeric", 1, 1, [](Values& v) { return random_text(integer(v[0]), kDigits); }},
    Function{"uuidv4", 0, 0, [](Values&) { return json::value(make_uuid()); }},
};

const Function* find_function(std::string_view name) {
  const auto* row = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const auto& f) { return f.name == name; });
  return row != kFunctions.end() ? row : nullptr;
}

}  // namespace

bool is_template_function(std::string_view name) { return find_function(name) != nullptr; }

json::value call_template_function(const std::string& name, std::vector<json::value> arguments, std::size_t max_size) {
  const Function* function = find_function(name);
  if (function == nullptr) throw bad(fmt::format("there is no function \"{}\"", printable(name, 64)));
  if (arguments.size() < function->least || arguments.size() > function->most) {
    throw bad(fmt::format("\"{}\" takes {} values, found {}", name, function->least, arguments.size()));
  }
  return with_context(fmt::format("\"{}\"", name), [&] {
    json::value made = function->call(arguments);
    if (made.is_string() && made.get_string().size() > max_size) {
      throw bad(fmt::format("a text of more than {}", human_size(max_size)));
    }
    return made;
  });
}

}  // namespace cairn::stage
