// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "stage/fetch.h"
#include "stage/root.h"
#include "stage/step.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::stage {

// Whose part of the file it is: a step of a stage. Parts of the same stage whose step is planned no more go.
struct KeyPart {
  std::string stage;
  std::string step;
  std::function<bool(const std::string& step)> is_planned;
};

// The text of an authorized_keys file with this step's part as `keys` want it; all outside our parts stays. Pure.
std::string merge_keys(std::string_view text, const KeyPart& part, const Names& keys);
// The keys that this step's part holds now.
Names keys_of_part(std::string_view text, const KeyPart& part);

// Makes ~/.ssh/authorized_keys (0700, 0600, the user's own) hold the keys of `want` in this step's part. Keys by URL
// are fetched; where that fails it is told in `problems`, and the part loses none of its keys.
void apply_keys(const Root& root, const UserWant& want, const KeyPart& part, Fetcher& fetcher,
                std::vector<Error>& problems);

}  // namespace cairn::stage
