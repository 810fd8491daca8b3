// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/process.h"

#include <string>

namespace cairn::tool {

// A line for /bin/sh, where a document's own format is defined as such lines. Never made of parts by us.
Command shell_line(std::string line);
// One word of a shell line that means exactly `text`.
std::string quote_word(std::string_view text);

}  // namespace cairn::tool
