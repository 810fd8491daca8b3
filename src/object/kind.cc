// SPDX-License-Identifier: Apache-2.0
#include "object/kind.h"

#include "core/text.h"
#include "object/reasons.h"

#include <fmt/core.h>

namespace cairn::object {
namespace {

std::string_view text_at(const json::value& document, std::string_view key) {
  return document.is_object() ? find_text(document.get_object(), key) : std::string_view();
}

}  // namespace

std::string Kind::path(std::string_view name_space) const {
  std::string path = group.empty() ? "/api/" + version : fmt::format("/apis/{}/{}", group, version);
  if (scope == Scope::namespaced && !name_space.empty()) path += fmt::format("/namespaces/{}", name_space);
  return path + "/" + plural;
}

void check_kind(const json::value& document, const Kind& kind) {
  const std::string_view version = text_at(document, "apiVersion");
  const std::string_view name = text_at(document, "kind");
  if (version.empty() && name.empty()) return;
  if (version != kind.api_version() || name != kind.name) {
    throw Error(reason::kBadObject, "expected {} {}, got {} {}", kind.api_version(), kind.name, printable(version, 64),
                printable(name, 64));
  }
}

std::string describe(const json::value& document, const Kind& kind) {
  static const json::value kNothing = json::object{};
  const json::value* meta = document.is_object() ? document.get_object().if_contains("metadata") : nullptr;
  const json::value& named = meta == nullptr ? kNothing : *meta;
  const NamespacedName key{std::string(text_at(named, "namespace")), std::string(text_at(named, "name"))};
  return kind.name + " " + printable(key.to_text(), 128);
}

}  // namespace cairn::object
