// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cairn::stage {

// Where an authorized key that is not written out comes from: "github:USER" and "gitlab:USER" name the page where
// these services publish a user's keys; an http or https URL is itself. Nothing for a key. Throws reason::kBadConfig
// for a user's name that can't be one.
std::optional<std::string> find_key_url(std::string_view key);
// Whether a key has to be fetched.
bool is_fetched_key(std::string_view key);

}  // namespace cairn::stage
