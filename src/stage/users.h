// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/accounts.h"
#include "stage/finding.h"
#include "stage/step.h"

#include <span>

namespace cairn::stage {

// Creates users, or sets password and groups of those that exist; all in one change of the files, then homes (0700,
// of those that are new). A user that can't be made is told in `problems`, and the others are made.
void apply_users(const Root& root, std::span<const UserWant> users, Clock& clock, const std::stop_token& stop,
                 std::vector<Error>& problems);

// Puts rows into passwd, shadow, group and gshadow, or takes them out by name. `text` is the entity as YAML, rendered.
void ensure_entity(const Root& root, const std::string& path, std::string_view text, Clock& clock,
                   const std::stop_token& stop);
void delete_entity(const Root& root, const std::string& path, std::string_view text, Clock& clock,
                   const std::stop_token& stop);

}  // namespace cairn::stage
