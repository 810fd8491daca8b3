// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/registry_client.h"

#include <string>
#include <vector>

namespace cairn::oci {

// The tags of a repository as the registry orders them, all pages (distribution-spec 1.1, "Listing tags"). The tag of
// `repository` is not looked at. Throws reason::kNoSuchImage where there is no such repository,
// cairn::reason::kTooLarge for more than `most` tags, and what a registry client throws.
std::vector<std::string> list_tags(const Reference& repository, const SourceOptions& options, std::size_t most,
                                   const RegistryWorld& world = {});

}  // namespace cairn::oci
