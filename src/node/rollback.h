// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/bootstate.h"
#include "boot/store.h"
#include "snapshot/store.h"

#include <optional>
#include <string>
#include <vector>

namespace cairn::node {

// What a person wants; `to` absent: what runs if it is an older one, else the newest that is kept.
struct RollbackSpec {
  std::optional<boot::SnapshotNumber> to;
  boot::SnapshotNumber booted = 0;
};

// A decision about what starts next.
struct RollbackPlan {
  boot::BootState next;
  boot::SnapshotNumber from = 0;  // active until now
  boot::SnapshotNumber to = 0;
  bool changes = true;  // false: it is active already
};
// Throws reason::kNoOlder when nothing is kept, boot::reason::kNotBootable for a snapshot that is not.
RollbackPlan plan_rollback(const boot::BootState& now, const RollbackSpec& spec);

struct RollbackResult {
  RollbackPlan plan;
  snapshot::Manifest manifest;  // of what starts next
  std::string refusal = {};     // why its image was refused; "" if it was not: a person may know better
  bool keeps_old = false;       // the one that was active can be fallen back to
  bool running = false;         // what starts next is what runs now
};

// Checks that all files of the snapshot are there with their sizes, then commits. The caller holds the node's lock.
// Throws reason::kIncomplete.
RollbackResult apply_rollback(const RollbackSpec& spec, boot::BootStateStore& states,
                              const snapshot::SnapshotStore& snapshots);

// A few lines for people: what starts next, and what was left behind.
std::string to_text(const RollbackResult& result);

}  // namespace cairn::node
