// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <string>
#include <vector>

namespace cairn::stage {

// Go's fmt.Sprintf: the format, then its values; verbs s v d q x t f with flags -, 0, width and precision. Throws
// reason::kBadTemplate for other verbs, too few or too many values, and for more than `max_size` bytes.
std::string format_go(const std::vector<json::value>& arguments, std::size_t max_size);

}  // namespace cairn::stage
