// SPDX-License-Identifier: Apache-2.0
#include "node/health_gate.h"

#include "boot/transitions.h"
#include "core/log.h"
#include "core/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::node {
namespace {

constexpr std::size_t kMaxWhy = 600;  // refused.json is small, and holds many

// Empty if the records of the snapshot can't be read: then there is nothing to refuse.
std::string find_digest(const snapshot::SnapshotStore& snapshots, boot::SnapshotNumber number) {
  try {
    return snapshots.manifest(number).digest;
  } catch (const Error& error) {  // a snapshot that failed may well be damaged; what follows must not fail with it
    log::warning("a snapshot's records can't be read", {{"snapshot", number}, {"cause", error.what()}});
    return {};
  }
}

// Why the image was refused before; nothing if it was not.
std::optional<std::string> find_refusal(const snapshot::SnapshotStore& snapshots, const std::string& digest) {
  for (const snapshot::RefusedImage& image : snapshots.refused()) {
    if (image.digest == digest) return image.why;
  }
  return std::nullopt;
}

void refuse(snapshot::SnapshotStore& snapshots, const std::string& digest, const std::string& why,
            const std::string& now) {
  snapshots.refuse({.digest = digest, .when = now, .why = printable(why, kMaxWhy)});
}

}  // namespace

GateDecision decide(const boot::BootState& now, const GateSubject& subject, bool healthy) {
  if (now.active != subject.booted) {
    return {GateAct::none, fmt::format("snapshot {} runs this once, {} is active", subject.booted, now.active)};
  }
  if (now.verdict == boot::Verdict::good) {
    return {GateAct::none, fmt::format("snapshot {} was vouched for before", subject.booted)};
  }
  if (healthy) return {GateAct::blessed, fmt::format("snapshot {} passed all checks", subject.booted)};
  if (now.passives.empty()) return {GateAct::none, "there is no snapshot to fall back to"};
  // The loader came here because nothing else on the disk starts; it would come here again.
  if (subject.fallback) return {GateAct::none, "no snapshot to fall back to starts"};
  return {GateAct::given_up, fmt::format("snapshot {} failed, {} starts next", subject.booted, now.passives.front())};
}

std::optional<FallbackRecord> adopt_fallback(const GateSubject& subject, const GateStores& stores,
                                             const std::string& now) {
  if (!subject.fallback) return std::nullopt;
  const boot::BootState state = stores.states.current();
  if (std::find(state.passives.begin(), state.passives.end(), subject.booted) == state.passives.end()) {
    return std::nullopt;
  }
  const boot::Fallback fallback = boot::fell_back(state, subject.booted);
  FallbackRecord record{.from = fallback.failed,
                        .to = subject.booted,
                        .digest = find_digest(stores.snapshots, fallback.failed),
                        .refused = false,
                        .when = now,
                        .why = "its files are damaged: the loader could not start it"};
  if (state.verdict == boot::Verdict::trying) {
    // With starts left the loader passed it over itself.
    record.why = state.tries == 0
                     ? "it used up its starts, and nobody vouched for it"
                     : "the loader could not start it: its kernel was refused, a file of it is missing, or "
                       "the start could not be counted";
    if (!record.digest.empty()) {
      // The gate of the failed snapshot may have said more.
      if (const auto known = find_refusal(stores.snapshots, record.digest)) {
        record.why = *known;
      } else {
        refuse(stores.snapshots, record.digest, record.why, now);
      }
      record.refused = true;
    }
  }
  // Last: what was cut short before it is done again at the next start.
  stores.states.commit(fallback.state);
  return record;
}

GateDecision apply_verdict(const GateSubject& subject, bool healthy, const std::string& why, const GateStores& stores,
                           const std::string& now) {
  const boot::BootState state = stores.states.current();
  GateDecision decision = decide(state, subject, healthy);
  if (decision.act == GateAct::none) return decision;
  const std::string digest = find_digest(stores.snapshots, subject.booted);
  if (decision.act == GateAct::blessed) {
    stores.states.commit(boot::blessed(state, subject.booted));
    if (!digest.empty()) stores.snapshots.allow(digest);
    return decision;
  }
  if (!digest.empty()) refuse(stores.snapshots, digest, why, now);
  const boot::BootState next = boot::given_up(state, subject.booted);
  if (next != state) stores.states.commit(next);
  return decision;
}

}  // namespace cairn::node
