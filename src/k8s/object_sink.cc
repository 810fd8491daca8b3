// SPDX-License-Identifier: Apache-2.0
#include "k8s/object_sink.h"

#include "core/log.h"
#include "core/text.h"

namespace cairn::k8s {

bool is_older(std::string_view a, std::string_view b) {
  const auto first = parse_number(a);
  const auto second = parse_number(b);
  return first && second && *first < *second;
}

object::NamespacedName key_of_unreadable(const json::value& document) {
  const json::value* meta = document.is_object() ? document.get_object().if_contains("metadata") : nullptr;
  if (meta == nullptr || !meta->is_object()) return {};
  const auto text = [&](std::string_view key) {
    const json::value* value = meta->get_object().if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  return {text("namespace"), text("name")};
}

void tell_unreadable(const json::value& document, std::string_view kind, const Error& error) {
  log::warning("an object cannot be read and is left alone",
               {{"kind", kind}, {"object", key_of_unreadable(document).to_text()}, {"error", error.what()}});
}

}  // namespace cairn::k8s
