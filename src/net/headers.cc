// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "net/http_client.h"

#include <strings.h>

#include <algorithm>

namespace cairn::net {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

std::optional<std::string> Headers::find(std::string_view name) const {
  const auto at =
      std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return same_name(field.first, name); });
  return at == fields_.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> Headers::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) values.push_back(value);
  }
  return values;
}

}  // namespace cairn::net
