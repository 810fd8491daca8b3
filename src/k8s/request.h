// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/kind.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::k8s {

using Query = std::vector<std::pair<std::string_view, std::string>>;

// RFC 3986: all but unreserved characters as %XX.
std::string percent_encode(std::string_view text);
// "?a=b&c=d" without the pairs that have no value.
std::string query_text(const Query& query);

// Paths of the API. A namespace or name that would change the path's meaning (empty, ".", "..", with a slash) is
// refused with reason::kInvalid: keys may come from fields that users write.
std::string collection_path(const object::Kind& kind, std::string_view name_space);
std::string object_path(const object::Kind& kind, const object::NamespacedName& key, std::string_view sub_resource);

// The key that a document names. Throws reason::kInvalid if it has none.
object::NamespacedName key_of(const json::value& document, const object::Kind& kind);

}  // namespace cairn::k8s
