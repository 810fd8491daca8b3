// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/mount_config.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::node {

// What the plan depends on besides the configuration.
struct MountFacts {
  bool recovery = false;                                  // the recovery system: it keeps nothing and uses nothing else
  bool persistent = true;                                 // COS_PERSISTENT is mounted
  std::function<bool(const std::string&)> has_directory;  // in the image, by absolute path
};

// What is mounted over the read-only root, in the order of the members; parents come before what lies in them, and no
// path comes twice.
struct MountPlan {
  enum class Root {
    read_only,            // the squashfs itself
    read_only_with_dirs,  // under an overlay that only adds the folders that the image lacks
    writable,             // under an overlay in memory
  };

  Root root = Root::read_only;
  std::vector<std::string> missing;   // folders that the image lacks
  std::string memory;                 // bound of all that is in memory, as tmpfs' option `size`
  std::vector<std::string> overlays;  // writable, in memory
  std::vector<std::string> binds;     // from COS_PERSISTENT
  std::vector<MountConfig::Volume> volumes;
};

// Decides; touches nothing. Without COS_PERSISTENT, what belongs there is in memory: a system that forgets can still be
// reached and repaired.
MountPlan plan_mounts(const MountConfig& config, const MountFacts& facts);

// The name of a path in a folder that has one entry a path: "/var/lib/a-b" -> "var-lib-a%2db". No two paths share one,
// and it has no character that means something in mount options.
std::string escape_path(std::string_view path);

}  // namespace cairn::node
