// SPDX-License-Identifier: Apache-2.0
#include "stage/key_source.h"

#include "core/text.h"
#include "stage/reasons.h"

#include <algorithm>

namespace cairn::stage {
namespace {

struct Service {
  std::string_view prefix;
  std::string_view site;
};
constexpr Service kServices[] = {{"github:", "https://github.com/"}, {"gitlab:", "https://gitlab.com/"}};

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

std::optional<std::string> find_key_url(std::string_view key) {
  for (const Service& service : kServices) {
    if (!key.starts_with(service.prefix)) continue;
    const std::string_view user = key.substr(service.prefix.size());
    if (!is_user_name(user)) throw Error(reason::kBadConfig, "\"{}\" names no user", printable(key));
    return fmt::format("{}{}.keys", service.site, user);
  }
  if (key.starts_with("http://") || key.starts_with("https://")) return std::string(key);
  return std::nullopt;
}

bool is_fetched_key(std::string_view key) {
  return key.starts_with("http://") || key.starts_with("https://") ||
         std::any_of(std::begin(kServices), std::end(kServices),
                     [&](const Service& service) { return key.starts_with(service.prefix); });
}

}  // namespace cairn::stage
