// SPDX-License-Identifier: Apache-2.0
#include "node/system_transactions.h"

#include "boot/grub_config.h"
#include "boot/reset_request.h"
#include "boot/transitions.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/text.h"
#include "node/reasons.h"

#include <algorithm>

namespace cairn::node {
namespace {

constexpr std::size_t kBufferSize = 1 << 20;
constexpr std::size_t kMaxWhy = 600;  // of why an image was refused

// The highest number that either copy of the boot state has: it must not be given again.
snapshot::Number highest_named(const boot::Copies& copies) {
  snapshot::Number highest = 0;
  for (const auto* copy : {&copies.a, &copies.b}) {
    if (!*copy) continue;
    highest = std::max({highest, (*copy)->active, (*copy)->recovery});
    for (const snapshot::Number passive : (*copy)->passives) highest = std::max(highest, passive);
  }
  return highest;
}

bool loader_may_write(const boot::BootState& state) {
  return state.verdict == boot::Verdict::trying || state.recovery_once;
}

// Removes every snapshot that can't start any more. While the loader may write to the copy that counts, what the copy
// before names must stay, too.
void remove_unnamed(const SystemStores& stores, snapshot::Number booted) {
  const boot::Copies copies = stores.boot.read();
  const boot::BootState* current = copies.current();
  if (current == nullptr) return;
  std::vector<snapshot::Number> unnamed;
  for (const snapshot::Number number : stores.state.list()) {
    const bool named = loader_may_write(*current) ? copies.names(number) : current->names(number);
    if (!named && number != booted) unnamed.push_back(number);
  }
  stores.state.remove_leftovers();
  stores.state.remove(unnamed);
}

// After a commit an error can't be this transaction's any more: the next one removes what is left.
void try_remove_unnamed(const SystemStores& stores, snapshot::Number booted) {
  try {
    remove_unnamed(stores, booted);
  } catch (const Error& error) {  // recovers: the space is freed later
    log::warning("old snapshots were not removed", {{"error", error.what()}});
  }
}

// Room for a new system, by the policy: of the passives only those stay that will be kept afterwards.
void make_room(const SystemStores& stores, snapshot::Number booted, const UpgradePolicy& policy) {
  const boot::BootState now = stores.boot.current();
  const std::size_t keep = std::max<std::size_t>(policy.passives, 1) - 1;
  if (!loader_may_write(now) && booted == now.active && now.passives.size() > keep) {
    stores.boot.commit(boot::pruned(now, keep));
  }
  remove_unnamed(stores, booted);
}

}  // namespace

SystemContent::File from_source(std::string name, std::uint64_t room, Source& source, std::stop_token stop) {
  const auto fill = [&source, stop = std::move(stop)](snapshot::SnapshotFile& file) {
    std::vector<std::byte> buffer(kBufferSize);
    while (const std::size_t count = read_full(source, buffer)) {
      check_canceled(stop);
      file.write_at(file.size(), Bytes(buffer).first(count));
    }
  };
  return {.name = std::move(name), .room = room, .fill = fill};
}

snapshot::Number write_snapshot(snapshot::SnapshotStore& store, snapshot::Number floor, const SystemContent& content) {
  snapshot::Transaction transaction(store, store.next_number(floor));
  std::vector<snapshot::SnapshotFile*> files;
  for (const auto& file : content.files) files.push_back(&transaction.reserve(file.name, file.room));
  for (std::size_t i = 0; i < files.size(); ++i) {
    content.files[i].fill(*files[i]);
    transaction.seal(*files[i]);
  }
  transaction.write_text("cmdline", boot::kernel_words_block(content.words()));
  transaction.finish(content.identity);
  const snapshot::Number number = transaction.number();
  if (!content.check) return number;
  try {
    content.check(store.directory(number));
  } catch (...) {  // recovers nothing: a snapshot that nothing will name only takes room
    store.remove({number});
    throw;
  }
  return number;
}

void install_systems(const SystemStores& stores, const SystemContent& content, snapshot::SnapshotStore* recovery,
                     const SystemContent* recovery_content, unsigned tries) {
  boot::BootState first{.tries = tries, .verdict = tries == 0 ? boot::Verdict::good : boot::Verdict::trying};
  if (recovery != nullptr) {
    recovery->ensure_root();
    first.recovery = write_snapshot(*recovery, 0, *recovery_content);
  }
  stores.state.ensure_root();
  first.active = write_snapshot(stores.state, 0, content);
  stores.boot.create(std::move(first));
}

snapshot::Number upgrade_system(const SystemStores& stores, const SystemContent& content, snapshot::Number booted,
                                const UpgradePolicy& policy) {
  for (const snapshot::RefusedImage& image : stores.state.refused()) {
    if (image.digest != content.identity.digest) continue;
    throw Error(reason::kRefusedImage, "the image {} failed on this machine before, {}: {}", image.digest, image.when,
                printable(image.why, kMaxWhy));
  }
  make_room(stores, booted, policy);
  const snapshot::Number fresh = write_snapshot(stores.state, highest_named(stores.boot.read()), content);
  stores.boot.commit(boot::committed(stores.boot.current(), fresh, booted, policy.tries));
  return fresh;
}

void bless_system(const SystemStores& stores, snapshot::Number booted, const UpgradePolicy& policy) {
  const boot::BootState now = stores.boot.current();
  const boot::BootState next = boot::blessed(now, booted);
  if (next != now) stores.boot.commit(next);
  if (!next.recovery_once && next.passives.size() > policy.passives) {
    stores.boot.commit(boot::pruned(next, policy.passives));
  }
  try_remove_unnamed(stores, booted);
}

snapshot::Number accept_fallback(const SystemStores& stores, snapshot::Number booted, const std::string& when,
                                 const std::string& why) {
  const boot::Fallback fallback = boot::fell_back(stores.boot.current(), booted);
  try {
    stores.state.refuse({.digest = stores.state.manifest(fallback.failed).digest, .when = when, .why = why});
  } catch (const Error& error) {  // recovers: without its records the image can't be named, and can't start either
    if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::corrupt) throw;
    log::warning("the failed snapshot has no readable manifest", {{"error", error.what()}});
  }
  stores.boot.commit(fallback.state);
  try_remove_unnamed(stores, booted);
  return fallback.failed;
}

void roll_back_system(const SystemStores& stores, snapshot::Number to) {
  stores.boot.commit(boot::rolled_back(stores.boot.current(), to));
}

void request_recovery(const SystemStores& stores) {
  stores.boot.commit(boot::recovery_requested(stores.boot.current()));
}

snapshot::Number replace_recovery_system(boot::BootStateStore& states, snapshot::SnapshotStore& recovery,
                                         const SystemContent& content) {
  recovery.ensure_root();
  const boot::Copies copies = states.read();
  const boot::BootState now = states.current();
  std::vector<snapshot::Number> others = recovery.list();
  std::erase(others, now.recovery);
  recovery.remove_leftovers();
  recovery.remove(others);
  const snapshot::Number fresh = write_snapshot(recovery, highest_named(copies), content);
  // The copy before names the old one, which goes with the next replacement.
  states.commit(boot::recovery_replaced(now, fresh));
  return fresh;
}

void reset_system(const SystemStores& stores, EffectFiles& oem, const std::function<void()>& make_state,
                  const SystemContent& content, snapshot::Number recovery, unsigned tries) {
  const boot::Copies copies = stores.boot.read();
  const boot::BootState* now = copies.current();
  boot::BootState next{.tries = tries, .verdict = tries == 0 ? boot::Verdict::good : boot::Verdict::trying};
  next.recovery = now == nullptr ? recovery : now->recovery;
  const std::string request(boot::kResetRequestFile);
  if (now == nullptr) {
    oem.remove(request);  // without a boot state it asks for nothing, and must not begin to with the new one
  } else if (!now->recovery_once && now->recovery != 0) {
    stores.boot.commit(boot::recovery_requested(*now));
  }
  make_state();
  stores.state.ensure_root();
  next.active = write_snapshot(stores.state, highest_named(copies), content);
  if (now == nullptr) {
    stores.boot.create(std::move(next));
  } else {
    stores.boot.commit(std::move(next));
  }
  oem.remove(request);
}

}  // namespace cairn::node
