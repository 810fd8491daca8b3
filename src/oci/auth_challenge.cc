// SPDX-License-Identifier: Apache-2.0
#include "oci/auth_challenge.h"

#include "core/text.h"

#include <optional>

namespace cairn::oci {
namespace {

bool is_token_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Reads one field: challenge *( "," challenge ), challenge = scheme [ token68 / param *( "," param ) ].
class FieldParser {
 public:
  explicit FieldParser(std::string_view field) : rest_(field) {}

  void parse(std::vector<AuthChallenge>& challenges) {
    while (true) {
      skip(" \t,");
      const std::string name = token();
      if (name.empty()) return;
      const bool spaced = skip(" \t");
      if (!rest_.starts_with('=')) {
        challenges.push_back({.scheme = to_lower(name), .parameters = {}});
        if (spaced) skip_token68();
        continue;
      }
      rest_.remove_prefix(1);
      skip(" \t");
      const auto value = rest_.starts_with('"') ? quoted() : std::optional(token());
      if (!value || challenges.empty()) return;
      challenges.back().parameters.emplace(to_lower(name), *value);
    }
  }

 private:
  bool skip(std::string_view bytes) {
    const std::size_t count = std::min(rest_.find_first_not_of(bytes), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }

  std::string token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token_byte(rest_[size])) ++size;
    const std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

  // "Negotiate YII=" is a scheme with a lump of text that no parameter is: ends at a comma or the end of the field.
  void skip_token68() {
    const std::size_t end = std::min(rest_.find(','), rest_.size());
    const std::string_view lump = trim(rest_.substr(0, end));
    const std::size_t equals = lump.find('=');
    const bool parameter =
        equals != std::string_view::npos && lump.find_first_not_of('=', equals) != std::string_view::npos;
    if (!parameter) rest_.remove_prefix(end);
  }

  std::optional<std::string> quoted() {
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      text += rest_[i];
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

}  // namespace

std::vector<AuthChallenge> parse_challenges(const net::Headers& headers) {
  std::vector<AuthChallenge> challenges;
  for (const std::string& field : headers.all("WWW-Authenticate")) {
    std::vector<AuthChallenge> found;
    FieldParser(field).parse(found);
    challenges.insert(challenges.end(), found.begin(), found.end());
  }
  return challenges;
}

}  // namespace cairn::oci
