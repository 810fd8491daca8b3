// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/store.h"
#include "node/health_record.h"
#include "snapshot/store.h"

#include <optional>
#include <string>

// From a verdict to what starts next (docs/formats/health.md). The caller holds the node's lock, and has the ESP and
// COS_STATE mounted writable.
namespace cairn::node {

// The snapshot that is judged.
struct GateSubject {
  boot::SnapshotNumber booted = 0;
  bool fallback = false;  // the loader passed over one that should have started
};

struct GateStores {
  boot::BootStateStore& states;
  snapshot::SnapshotStore& snapshots;
};

// What a verdict leads to, and why.
struct GateDecision {
  GateAct act = GateAct::none;
  std::string why;
};
GateDecision decide(const boot::BootState& now, const GateSubject& subject, bool healthy);

// If the loader fell back to the booted snapshot: makes that one active for good, before any check, and refuses the
// image of the failed one unless it had been vouched for (then its files are damaged here, and the image is not to
// blame). Done again it changes nothing. `now` is the date for the records.
std::optional<FallbackRecord> adopt_fallback(const GateSubject& subject, const GateStores& stores,
                                             const std::string& now);

// Does what decide() says. A bad snapshot that has another to fall back to is refused with `why` and given up; that it
// is to be restarted then is the caller's. A restart is safe whatever fails here: the loader counts the starts of a
// snapshot that nobody vouched for, or does not start it.
GateDecision apply_verdict(const GateSubject& subject, bool healthy, const std::string& why, const GateStores& stores,
                           const std::string& now);

}  // namespace cairn::node
