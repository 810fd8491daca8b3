// SPDX-License-Identifier: Apache-2.0
#include "node/boot_request.h"

#include "core/text.h"
#include "node/reasons.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace cairn::node {
namespace {

constexpr std::uint64_t kMaxWaitSeconds = 3600;
constexpr std::size_t kMaxUuid = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Words as the kernel cuts them: at white space outside double quotes. What follows "--" is for init.
std::vector<std::string> kernel_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (quoted || !is_space(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(word);
  words.erase(std::find(words.begin(), words.end(), "--"), words.end());
  return words;
}

// A name of one file in /dev/disk/by-uuid, whatever the kind of file system.
bool is_uuid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxUuid && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

Error bad_word(std::string_view word, std::string_view rule) {
  return {reason::kBadBootWord, "the kernel word {}: {}", printable(word), rule};
}

// "cairn.live" and "UUID" of "cairn.live=UUID"; a word without "=" has no value.
struct Word {
  std::string_view text;
  std::string_view name;
  std::optional<std::string_view> value;
};

Word split_word(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {text, text, std::nullopt};
  return {text, text.substr(0, equals), text.substr(equals + 1)};
}

void apply_word(const Word& word, BootRequest& request) {
  if (word.name == "cairn.live") {
    if (!word.value || !is_uuid(*word.value)) throw bad_word(word.text, "the value must be the UUID of a medium");
    request.uuid = *word.value;
  } else if (word.name == "cairn.netboot") {
    if (word.value) throw bad_word(word.text, "it has no value");
    request.mode = BootMode::netboot;
  } else if (word.name == "cairn.medium") {
    if (!word.value || !is_medium_id(*word.value)) {
      throw bad_word(word.text, "the value must be an id, 16 lower-case hexadecimal digits");
    }
    request.medium_id = *word.value;
  } else if (word.name == "cairn.wait") {
    const auto seconds = word.value ? parse_number(*word.value) : std::nullopt;
    if (!seconds || *seconds < 1 || *seconds > kMaxWaitSeconds) {
      throw bad_word(word.text, "the value must be a number of seconds from 1 to 3600");
    }
    request.wait = std::chrono::seconds(*seconds);
  }
}

}  // namespace

std::string_view to_string(BootMode mode) {
  switch (mode) {
    case BootMode::live: return "live";
    case BootMode::netboot: return "netboot";
    case BootMode::other: break;
  }
  return "other";
}

bool is_medium_id(std::string_view text) {
  return text.size() == 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

BootRequest parse_boot_request(std::string_view command_line) {
  BootRequest request;
  for (const std::string& word : kernel_words(command_line)) apply_word(split_word(word), request);
  if (request.uuid.empty()) return request;
  if (request.mode == BootMode::netboot) {
    throw Error(reason::kBadBootWord, "the kernel words cairn.live and cairn.netboot exclude each other");
  }
  request.mode = BootMode::live;
  return request;
}

}  // namespace cairn::node
