// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/bootstate.h"

namespace cairn::boot {

// What may happen to a boot state, as pure functions. None sets the sequence: the store does when it commits. All throw
// reason::kNotBootable if the state does not allow it.

// A new snapshot is complete: it starts next, `tries` times at most until somebody vouches for it (0: it counts as good
// at once). What is `booted` becomes the first to fall back to; an active snapshot that nobody vouched for is dropped.
BootState committed(const BootState& now, SnapshotNumber fresh, SnapshotNumber booted, unsigned tries);

// The booted snapshot, which is the active one, works.
BootState blessed(const BootState& now, SnapshotNumber booted);

// The booted snapshot, which is the active one, failed before anybody vouched for it: it has no start left, so that the
// loader takes the first passive that starts, as if the tries had run out. Not without a passive.
BootState given_up(const BootState& now, SnapshotNumber booted);

// The loader took a passive snapshot because the active one failed: that one is active from now on. The failed one and
// the passives that were passed over on the way are dropped; `failed` tells which was active.
struct Fallback {
  BootState state;
  SnapshotNumber failed;
};
Fallback fell_back(const BootState& now, SnapshotNumber booted);

// A person wants an older one: it becomes active. An active one that was good stays, as the first to fall back to.
BootState rolled_back(const BootState& now, SnapshotNumber to);

// Recovery starts at the next boot, once. Throws reason::kNoRecovery if there is none.
BootState recovery_requested(const BootState& now);

// The same, and recovery resets the machine then.
BootState reset_asked(const BootState& now);

// What was asked of recovery is taken back.
BootState recovery_request_cleared(const BootState& now);

// Another recovery system on its partition.
BootState recovery_replaced(const BootState& now, SnapshotNumber recovery);

// Only the first `keep` passives remain. Not while the loader may write (trying, or a request for recovery): what the
// copy before names must be there then.
BootState pruned(const BootState& now, std::size_t keep);

}  // namespace cairn::boot
