// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/apply.h"

#include <filesystem>
#include <optional>
#include <string>

namespace cairn::stage {

// Why media are not asked for user data; empty if they are. A volume that anybody can plug in becomes the root user's
// configuration, so that happens only while there is nothing to protect: on live systems and at the first boot.
std::string find_datasource_skip(const DatasourceRule& rule, const std::string& boot_mode, bool was_read);

// The user data on the first volume labelled cidata or config-2 among the links in `labels` (/dev/disk/by-label).
// Needs root. Throws reason::kDatasource for a volume that can't be read.
std::optional<std::string> find_volume_data(const std::filesystem::path& labels);

}  // namespace cairn::stage
