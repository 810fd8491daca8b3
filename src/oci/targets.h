// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/push.h"
#include "oci/registry_client.h"

#include <memory>

// The places that images are written to, behind ImageTarget.
namespace cairn::oci {

std::unique_ptr<ImageTarget> make_registry_target(const Reference& reference, const SourceOptions& options,
                                                  const RegistryWorld& world = {});
// Makes the layout unless it is there. A directory that holds something else is refused.
std::unique_ptr<ImageTarget> make_layout_target(const std::filesystem::path& folder);

}  // namespace cairn::oci
