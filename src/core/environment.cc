// SPDX-License-Identifier: Apache-2.0
#include "core/environment.h"

#include <cstdlib>

namespace cairn {

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::optional<std::string> filled_process_environment(const std::string& name) {
  auto value = process_environment(name);
  return value && value->empty() ? std::nullopt : value;
}

}  // namespace cairn
