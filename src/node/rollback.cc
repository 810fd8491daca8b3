// SPDX-License-Identifier: Apache-2.0
#include "node/rollback.h"

#include "boot/transitions.h"
#include "core/text.h"
#include "node/reasons.h"

#include <fmt/core.h>

#include <algorithm>

namespace cairn::node {
namespace {

namespace fs = std::filesystem;

bool contains(const std::vector<boot::SnapshotNumber>& numbers, boot::SnapshotNumber number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// What the loader would pass over must not become active.
void check_complete(const snapshot::SnapshotStore& snapshots, boot::SnapshotNumber number,
                    const snapshot::Manifest& manifest) {
  const fs::path directory = snapshots.directory(number);
  if (!fs::exists(directory / "cmdline")) {
    throw Error(reason::kIncomplete, "snapshot {}: {} is missing", number, (directory / "cmdline").string());
  }
  for (const snapshot::FileRecord& file : manifest.files) {
    std::error_code failure;
    const std::uintmax_t size = fs::file_size(directory / file.path, failure);
    if (failure) {
      throw Error(reason::kIncomplete, "snapshot {}: {}: {}", number, (directory / file.path).string(),
                  failure.message());
    }
    if (size != file.size) {
      throw Error(reason::kIncomplete, "snapshot {}: {} has {} bytes and was written with {}", number,
                  (directory / file.path).string(), size, file.size);
    }
  }
}

}  // namespace

RollbackPlan plan_rollback(const boot::BootState& now, const RollbackSpec& spec) {
  if (!spec.to && now.passives.empty()) throw Error(reason::kNoOlder, "only snapshot {} is kept", now.active);
  const bool runs_older = contains(now.passives, spec.booted);
  const boot::SnapshotNumber to = spec.to ? *spec.to : runs_older ? spec.booted : now.passives.front();
  if (to == now.active) return {.next = now, .from = now.active, .to = to, .changes = false};
  return {.next = boot::rolled_back(now, to), .from = now.active, .to = to};
}

RollbackResult apply_rollback(const RollbackSpec& spec, boot::BootStateStore& states,
                              const snapshot::SnapshotStore& snapshots) {
  RollbackPlan plan = plan_rollback(states.current(), spec);
  snapshot::Manifest manifest = snapshots.manifest(plan.to);
  check_complete(snapshots, plan.to, manifest);
  std::string refusal;
  for (const snapshot::RefusedImage& image : snapshots.refused()) {
    if (image.digest == manifest.digest) refusal = image.why;
  }
  if (plan.changes) states.commit(plan.next);
  const bool keeps_old = contains(plan.next.passives, plan.from);
  const bool running = plan.to == spec.booted;
  return {.plan = std::move(plan),
          .manifest = std::move(manifest),
          .refusal = std::move(refusal),
          .keeps_old = keeps_old,
          .running = running};
}

std::string to_text(const RollbackResult& result) {
  const RollbackPlan& plan = result.plan;
  const snapshot::Manifest& manifest = result.manifest;
  std::string text =
      fmt::format("snapshot {} starts next: {} {}\n", plan.to,
                  printable(manifest.version.empty() ? manifest.reference : manifest.version), manifest.digest);
  if (!plan.changes) return text + "It is active already; nothing was changed.\n";
  text += result.keeps_old ? fmt::format("snapshot {} is kept to fall back to\n", plan.from)
                           : fmt::format("snapshot {} is not kept, as nobody vouched for it\n", plan.from);
  if (!result.refusal.empty())
    text += fmt::format("note: this image failed here before: {}\n", printable(result.refusal));
  text += result.running ? "It runs now; no restart is needed.\n" : "Restart the machine to start it.\n";
  return text;
}

}  // namespace cairn::node
