// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"

#include <string>

namespace cairn {

// A JSON value as a block-style YAML 1.2 document that parsers of YAML 1.1 read alike; members in their order. Text is
// plain where no reader can take it for something else, else in double quotes.
std::string to_yaml(const json::value& value);

}  // namespace cairn
