// SPDX-License-Identifier: Apache-2.0
#include "node/cloud_configs.h"

#include "core/file.h"

#include <fmt/core.h>

namespace cairn::node {

std::vector<std::string> read_cloud_configs(const std::vector<std::filesystem::path>& files) {
  constexpr std::size_t kMaxCloudConfig = 1 << 20;
  std::vector<std::string> contents;
  for (const std::filesystem::path& file : files) contents.push_back(read_file(file, kMaxCloudConfig));
  return contents;
}

std::string cloud_config_name(std::size_t index) { return fmt::format("{}_custom.yaml", 90 + index); }

}  // namespace cairn::node
