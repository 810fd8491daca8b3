// SPDX-License-Identifier: Apache-2.0
#include "boot/transitions.h"

#include "boot/reasons.h"

#include <algorithm>

namespace cairn::boot {
namespace {

std::vector<SnapshotNumber> without(std::vector<SnapshotNumber> numbers, SnapshotNumber number) {
  std::erase(numbers, number);
  return numbers;
}

void require_passive(const BootState& now, SnapshotNumber number) {
  if (std::find(now.passives.begin(), now.passives.end(), number) == now.passives.end()) {
    throw Error(reason::kNotBootable, "snapshot {} is not among those kept to fall back to", number);
  }
}

}  // namespace

BootState committed(const BootState& now, SnapshotNumber fresh, SnapshotNumber booted, unsigned tries) {
  if (!now.names(booted)) {
    throw Error(reason::kNotBootable, "the booted snapshot {} is neither active nor kept", booted);
  }
  if (now.names(fresh)) throw Error(reason::kNotBootable, "snapshot {} is in use already", fresh);
  BootState next = now;
  next.passives = without(now.passives, booted);
  // What runs now is known to start; an active one that was not booted is kept only if somebody vouched for it.
  if (now.active != booted && now.verdict == Verdict::good) next.passives.insert(next.passives.begin(), now.active);
  next.passives.insert(next.passives.begin(), booted);
  if (next.passives.size() > kMaxPassives) next.passives.resize(kMaxPassives);
  next.active = fresh;
  next.tries = tries;
  next.verdict = tries == 0 ? Verdict::good : Verdict::trying;
  return next;
}

BootState blessed(const BootState& now, SnapshotNumber booted) {
  if (now.active != booted) {
    throw Error(reason::kNotBootable, "snapshot {} is booted, but {} is active", booted, now.active);
  }
  BootState next = now;
  next.verdict = Verdict::good;
  next.tries = 0;
  return next;
}

BootState given_up(const BootState& now, SnapshotNumber booted) {
  if (now.active != booted || now.verdict != Verdict::trying) {
    throw Error(reason::kNotBootable, "snapshot {} is not the one that is being tried", booted);
  }
  if (now.passives.empty()) throw Error(reason::kNotBootable, "there is no snapshot to fall back to");
  BootState next = now;
  next.tries = 0;
  return next;
}

Fallback fell_back(const BootState& now, SnapshotNumber booted) {
  require_passive(now, booted);
  BootState next = now;
  const auto taken = std::find(next.passives.begin(), next.passives.end(), booted);
  next.passives.erase(next.passives.begin(), taken + 1);
  next.active = booted;
  next.verdict = Verdict::good;
  next.tries = 0;
  return {std::move(next), now.active};
}

BootState rolled_back(const BootState& now, SnapshotNumber to) {
  require_passive(now, to);
  BootState next = now;
  next.passives = without(now.passives, to);
  if (now.verdict == Verdict::good) next.passives.insert(next.passives.begin(), now.active);
  next.active = to;
  next.verdict = Verdict::good;
  next.tries = 0;
  return next;
}

BootState recovery_requested(const BootState& now) {
  if (now.recovery == 0) throw Error(reason::kNoRecovery, "the boot state names no recovery system");
  BootState next = now;
  next.recovery_once = true;
  return next;
}

BootState reset_asked(const BootState& now) {
  BootState next = recovery_requested(now);
  next.reset_asked = true;
  return next;
}

BootState recovery_request_cleared(const BootState& now) {
  BootState next = now;
  next.recovery_once = false;
  next.reset_asked = false;
  return next;
}

BootState recovery_replaced(const BootState& now, SnapshotNumber recovery) {
  BootState next = now;
  next.recovery = recovery;
  return next;
}

BootState pruned(const BootState& now, std::size_t keep) {
  if (now.verdict == Verdict::trying || now.recovery_once) {
    throw Error(reason::kNotBootable, "snapshots can't be removed before snapshot {} has proved itself", now.active);
  }
  BootState next = now;
  if (next.passives.size() > keep) next.passives.resize(keep);
  return next;
}

}  // namespace cairn::boot
