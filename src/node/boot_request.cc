// SPDX-License-Identifier: Apache-2.0
#include "node/boot_request.h"

#include "core/text.h"
#include "node/reasons.h"

#include <algorithm>
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

void apply_medium_word(const Word& word, BootRequest& request) {
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

// What the loader of an installed disk says.
struct DiskWords {
  std::optional<disk::Guid> esp;
  std::optional<boot::SnapshotNumber> snapshot;
  std::optional<BootMode> mode;
  bool fallback = false;
  std::string twin;

  bool any() const { return esp || snapshot || mode || fallback || !twin.empty(); }
};

void apply_disk_word(const Word& word, DiskWords& words) {
  const std::string_view value = word.value.value_or("");
  if (word.name == "cairn.disk") {
    words.esp = disk::Guid::try_parse(value);
    if (!words.esp || words.esp->is_zero()) throw bad_word(word.text, "the value must be a partition's PARTUUID");
  } else if (word.name == "cairn.snapshot") {
    const auto number = parse_number(value);
    if (!number || *number < 1 || *number > boot::kMaxSnapshot) {
      throw bad_word(word.text, "the value must be a snapshot's number, 1 to 999999");
    }
    words.snapshot = static_cast<boot::SnapshotNumber>(*number);
  } else if (word.name == "cairn.mode") {
    words.mode = find_boot_mode(value);
    if (!words.mode || !is_installed(*words.mode)) {
      throw bad_word(word.text, "the value must be active, passive or recovery");
    }
  } else if (word.name == "cairn.fallback") {
    if (value != "1") throw bad_word(word.text, "the value must be 1");
    words.fallback = true;
  } else if (word.name == "cairn.twin") {
    if (value.size() != 1 || value[0] < '1' || value[0] > '9') throw bad_word(word.text, "the value must be a digit");
    words.twin = value;
  }
}

// One of three ways to boot, named by its words alone.
void settle_mode(const DiskWords& words, BootRequest& request) {
  const bool live = !request.uuid.empty();
  const bool netboot = request.mode == BootMode::netboot;
  if (live && netboot) {
    throw Error(reason::kBadBootWord, "the kernel words cairn.live and cairn.netboot exclude each other");
  }
  if (live) request.mode = BootMode::live;
  if (!words.any()) return;
  if (live || netboot) {
    throw Error(reason::kBadBootWord, "the kernel words of a medium and those of an installed disk exclude each other");
  }
  if (!words.esp || !words.snapshot || !words.mode) {
    throw Error(reason::kBadBootWord,
                "the kernel words cairn.disk, cairn.snapshot and cairn.mode must come together; {} is missing",
                !words.esp ? "cairn.disk" : (!words.snapshot ? "cairn.snapshot" : "cairn.mode"));
  }
  request.mode = *words.mode;
  request.esp = *words.esp;
  request.snapshot = *words.snapshot;
  request.fallback = words.fallback;
  request.twin = words.twin;
}

constexpr BootMode kModes[] = {BootMode::other,  BootMode::live,    BootMode::netboot,
                               BootMode::active, BootMode::passive, BootMode::recovery};

}  // namespace

std::string_view to_string(BootMode mode) {
  switch (mode) {
    case BootMode::live: return "live";
    case BootMode::netboot: return "netboot";
    case BootMode::active: return "active";
    case BootMode::passive: return "passive";
    case BootMode::recovery: return "recovery";
    case BootMode::other: break;
  }
  return "other";
}

std::optional<BootMode> find_boot_mode(std::string_view text) {
  for (const BootMode mode : kModes) {
    if (text == to_string(mode)) return mode;
  }
  return std::nullopt;
}

bool is_installed(BootMode mode) {
  return mode == BootMode::active || mode == BootMode::passive || mode == BootMode::recovery;
}

bool is_medium_id(std::string_view text) {
  return text.size() == 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

BootRequest parse_boot_request(std::string_view command_line) {
  BootRequest request;
  DiskWords words;
  for (const std::string& text : kernel_words(command_line)) {
    const Word word = split_word(text);
    apply_medium_word(word, request);
    apply_disk_word(word, words);
  }
  settle_mode(words, request);
  return request;
}

}  // namespace cairn::node
