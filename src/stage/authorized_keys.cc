// SPDX-License-Identifier: Apache-2.0
#include "stage/authorized_keys.h"

#include "core/text.h"
#include "stage/accounts.h"
#include "stage/key_source.h"
#include "stage/reasons.h"

#include <algorithm>
#include <optional>

namespace cairn::stage {
namespace {

constexpr std::size_t kMaxKeys = 1 << 20;
constexpr std::size_t kMaxKey = 16 * 1024;
constexpr std::string_view kBegin = "# cairn begin ";
constexpr std::string_view kEnd = "# cairn end";

// A comment is one line, whatever a step is called.
std::string begin_line(const std::string& stage, const std::string& step) {
  return fmt::format("{}{} {}", kBegin, stage, printable(step));
}

Names lines_of(std::string_view text) {
  Names lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

bool is_key(std::string_view line) {
  return !line.empty() && line.front() != '#' && line.size() <= kMaxKey &&
         std::none_of(line.begin(), line.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; });
}

Names fetch_keys(const std::string& url, Fetcher& fetcher) {
  Names keys;
  for (const std::string& line : split(fetcher.fetch(url, kMaxKeys), '\n')) {
    const std::string_view key = trim(line);
    if (key.empty() || key.front() == '#') continue;
    if (!is_key(key)) throw Error(reason::kBadConfig, "{} answered with what is no list of keys", printable(url));
    keys.emplace_back(key);
  }
  return keys;
}

}  // namespace

std::string merge_keys(std::string_view text, const KeyPart& part, const Names& keys) {
  const std::string mine = begin_line(part.stage, part.step);
  const std::string stage_prefix = fmt::format("{}{} ", kBegin, part.stage);
  std::string merged;
  Names others;
  bool dropping = false;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(kBegin)) {
      dropping = line == mine || (line.starts_with(stage_prefix) && !part.is_planned(line.substr(stage_prefix.size())));
    }
    if (!dropping) {
      merged += line + "\n";
      others.push_back(line);
    }
    if (line == kEnd) dropping = false;
  }
  std::string block;
  for (const std::string& key : keys) {
    if (std::find(others.begin(), others.end(), key) == others.end()) block += key + "\n";
  }
  if (!block.empty()) merged += fmt::format("{}\n{}{}\n", mine, block, kEnd);
  return merged;
}

Names keys_of_part(std::string_view text, const KeyPart& part) {
  Names keys;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    if (line == kEnd) inside = false;
    if (inside && is_key(line)) keys.push_back(line);
    if (line == begin_line(part.stage, part.step)) inside = true;
  }
  return keys;
}

void apply_keys(const Root& root, const UserWant& want, const KeyPart& part, Fetcher& fetcher,
                std::vector<Error>& problems) {
  const AccountIds ids = look_up_user(root, want.name);
  if (!ids.home.starts_with('/')) throw Error(reason::kNoAccount, "the user {} has no home directory", want.name);
  Names keys;
  bool complete = true;
  for (const std::string& key : want.keys) {
    try {
      const auto url = find_key_url(key);
      const Names found = url ? fetch_keys(*url, fetcher) : Names{std::string(trim(key))};
      for (const std::string& line : found) {
        if (!is_key(line)) throw Error(reason::kBadConfig, "\"{}\" is no key", printable(line, 40));
        if (std::find(keys.begin(), keys.end(), line) == keys.end()) keys.push_back(line);
      }
    } catch (Error& error) {  // the other keys of this user count
      complete = false;
      problems.push_back(error.add_context(fmt::format("keys of {}", want.name)));
    }
  }
  // A user may put links into their own home; seen from there they lead nowhere else.
  const Root home = root.enter(ids.home);
  const std::string file = "/.ssh/authorized_keys";
  const std::string text = home.find_file(file, kMaxKeys).value_or("");
  if (!complete) {
    for (std::string& key : keys_of_part(text, part)) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
  }
  const std::string merged = merge_keys(text, part, keys);
  if (merged == text) return;
  home.make_directory("/.ssh", {.mode = 0700, .user = ids.user, .group = ids.group});
  home.write_file(file, as_bytes(merged), {.mode = 0600, .user = ids.user, .group = ids.group});
}

}  // namespace cairn::stage
