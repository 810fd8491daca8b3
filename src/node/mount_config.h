// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::node {

// What of an installed system may be written, and what is mounted beside its own disk (docs/formats/mounts.md). Paths
// are absolute, without a slash at the end.
struct MountConfig {
  struct Volume {
    std::string source;  // "LABEL=DATA", "UUID=...", "PARTLABEL=...", "PARTUUID=...", "/dev/..."
    std::string path;
    bool read_only = false;
  };

  std::string memory = "25%";           // what changes in memory may take, as tmpfs' option `size`
  std::vector<std::string> ephemeral;   // writable, changes end with the boot
  std::vector<std::string> persistent;  // writable, on COS_PERSISTENT
  std::vector<Volume> volumes;
};

// What every system has.
MountConfig default_mounts();

// Adds what the document says to `config`. Throws cairn::reason::kBadYaml with the place; then `config` is as it was.
void add_mounts(MountConfig& config, std::string_view text, std::string_view name);

}  // namespace cairn::node
