// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::node {

// Contents of the cloud-config that a person gives a machine. Throws what reading says; a file has at most 1 MiB.
std::vector<std::string> read_cloud_configs(const std::vector<std::filesystem::path>& files);
// The names they get on OEM, from 0: "90_custom.yaml", "91_custom.yaml", ...; stages read them in this order.
std::string cloud_config_name(std::size_t index);

}  // namespace cairn::node
