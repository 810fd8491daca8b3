// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/store.h"
#include "node/effect_files.h"
#include "snapshot/transaction.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::node {

// What changes which system of this machine starts, from the first byte to the commit. All durable acts go through
// Effects; a power cut at any of them leaves the system before or the one after (docs/formats/bootstate.md), and the
// next transaction removes what was left. The caller has mounted the file systems and holds the node's lock.

// The stores of an installed disk.
struct SystemStores {
  boot::BootStateStore& boot;
  snapshot::SnapshotStore& state;
};

// One system to be written.
struct SystemContent {
  struct File {
    std::string name;        // "rootfs.squashfs", "vmlinuz", "initrd"
    std::uint64_t room = 0;  // to reserve, in bytes
    std::function<void(snapshot::SnapshotFile&)> fill;
  };
  std::vector<File> files;
  // Kernel words, separated by spaces; asked for when all files are filled, as an image's own lie in its root tree.
  std::function<std::string()> words;
  snapshot::Manifest identity;  // without files
  // What must go well with the complete snapshot, in its folder, before anything names it; else it is removed again.
  std::function<void(const std::filesystem::path& directory)> check = {};
};

// A file whose bytes come from `source`, which must outlive it.
SystemContent::File from_source(std::string name, std::uint64_t room, Source& source, std::stop_token stop = {});

struct UpgradePolicy {
  unsigned tries = 3;        // starts of a new system before the loader gives it up
  std::size_t passives = 1;  // systems kept to fall back to
};

// Writes a snapshot; nothing names it yet. `floor` is the highest number that any boot state may have.
snapshot::Number write_snapshot(snapshot::SnapshotStore& store, snapshot::Number floor, const SystemContent& content);

// First systems of a disk whose file systems were just made; `recovery` may be null. The boot state is the last act.
void install_systems(const SystemStores& stores, const SystemContent& content, snapshot::SnapshotStore* recovery,
                     const SystemContent* recovery_content, unsigned tries);

// Another system, to start next. Returns its number. Throws reason::kRefusedImage for an image that failed here before.
snapshot::Number upgrade_system(const SystemStores& stores, const SystemContent& content, snapshot::Number booted,
                                const UpgradePolicy& policy);

// The booted system, which is the active one, is good. What is kept beyond the policy is removed.
void bless_system(const SystemStores& stores, snapshot::Number booted, const UpgradePolicy& policy);

// The loader fell back to `booted`: makes that the active one and refuses the image that failed. Returns its number.
snapshot::Number accept_fallback(const SystemStores& stores, snapshot::Number booted, const std::string& when,
                                 const std::string& why);

// A person wants the older system `to`.
void roll_back_system(const SystemStores& stores, snapshot::Number to);

// Recovery starts at the next boot, once.
void request_recovery(const SystemStores& stores);

// Another recovery system, which has to have room beside the one there is. Returns its number.
snapshot::Number replace_recovery_system(boot::BootStateStore& states, snapshot::SnapshotStore& recovery,
                                         const SystemContent& content);

// In recovery: `make_state` makes the state file system anew and mounts it, then it gets its first system again.
// Without a valid boot state a new one is made, which names `recovery`, the snapshot that runs. From the first act on
// recovery starts until all is done, and goes on if it was asked for the reset; nothing is asked for afterwards.
void reset_system(const SystemStores& stores, EffectFiles& oem, const std::function<void()>& make_state,
                  const SystemContent& content, snapshot::Number recovery, unsigned tries);

}  // namespace cairn::node
