// SPDX-License-Identifier: Apache-2.0
#include "tool/copy.h"

namespace cairn::tool {

void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to, Runner& runner,
                    const std::stop_token& stop) {
  runner.run({.program = "cp", .args = {"-a", "--", (from / ".").string(), to.string()}, .stop = stop});
}

}  // namespace cairn::tool
