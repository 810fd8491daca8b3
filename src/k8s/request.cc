// SPDX-License-Identifier: Apache-2.0
#include "k8s/request.h"

#include "core/text.h"
#include "k8s/reasons.h"

#include <fmt/core.h>

namespace cairn::k8s {
namespace {

using object::Kind;
using object::NamespacedName;

std::string segment(std::string_view text, const Kind& kind, std::string_view what) {
  if (text.empty() || text == "." || text == ".." || text.find('/') != std::string_view::npos) {
    throw Error(reason::kInvalid, "\"{}\" cannot be the {} of a {}", printable(text, 64), what, kind.name);
  }
  return percent_encode(text);
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string query_text(const Query& query) {
  std::string text;
  for (const auto& [key, value] : query) {
    if (!value.empty()) text += fmt::format("{}{}={}", text.empty() ? "?" : "&", key, percent_encode(value));
  }
  return text;
}

std::string collection_path(const Kind& kind, std::string_view name_space) {
  return kind.path(name_space.empty() ? std::string() : segment(name_space, kind, "namespace"));
}

std::string object_path(const Kind& kind, const NamespacedName& key, std::string_view sub_resource) {
  const bool namespaced = kind.scope == Kind::Scope::namespaced;
  std::string path = kind.path(namespaced ? segment(key.name_space, kind, "namespace") : std::string());
  path += "/" + segment(key.name, kind, "name");
  return sub_resource.empty() ? path : fmt::format("{}/{}", path, sub_resource);
}

NamespacedName key_of(const json::value& document, const Kind& kind) {
  const json::value* meta = document.is_object() ? document.get_object().if_contains("metadata") : nullptr;
  if (meta == nullptr || !meta->is_object()) throw Error(reason::kInvalid, "a {} without metadata", kind.name);
  return {text_at(meta->get_object(), "namespace"), text_at(meta->get_object(), "name")};
}

}  // namespace cairn::k8s
