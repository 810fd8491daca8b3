// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <optional>
#include <string_view>

namespace cairn::k8s {

// A document of an API server. Other than parse_json() it takes objects as deep as the API server holds them (a user's
// object must not make a whole list unreadable) and does not look for keys that stand twice (the API server removes
// them). `storage` holds the value; throws reason::kBadAnswer naming `what`.
json::value parse_api_json(std::string_view text, std::string_view what, json::storage_ptr storage = {});
std::optional<json::value> try_parse_api_json(std::string_view text, json::storage_ptr storage = {});

}  // namespace cairn::k8s
