// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/document.h"

namespace cairn::stage {

// Adds the steps that a plain `#cloud-config` document means to `document`: the hostname at stage initramfs, users,
// files and commands at boot, keys that must be fetched at network. Keys of cloud-init that Cairn does not have become
// errors, with what to do instead; what it does by itself becomes a warning.
void read_plain_cloud_config(const Yaml& root, Document& document);

}  // namespace cairn::stage
