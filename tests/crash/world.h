// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/system_transactions.h"
#include "support/boot_oracle.h"
#include "support/effect_record.h"
#include "support/temp_tree.h"
#include "support/unfrozen_effects.h"

#include <map>
#include <string>

namespace cairn::crash {

using testing::Place;
using testing::Tree;
using Trees = std::map<Place, Tree>;

// An installed machine's file systems as directories, on which transactions really run.
class World {
 public:
  explicit World(const Trees& trees);

  std::filesystem::path path(Place place) const;
  Trees trees() const;

 private:
  testing::TempTree directory_;
};

// The real effects on a world's directories; making a file system empties its directory.
class WorldEffects final : public testing::UnfrozenEffects {
 public:
  void run(const Command& command) override;
};

// The stores of a world through some effects.
class Machine {
 public:
  Machine(const World& world, Effects& effects)
      : boot_(world.path(Place::esp) / "cairn", effects),
        state_(world.path(Place::state), effects),
        recovery_(world.path(Place::recovery), effects),
        oem_(effects, world.path(Place::oem)),
        state_path_(world.path(Place::state)),
        effects_(effects) {}

  node::SystemStores stores() { return {boot_, state_}; }
  snapshot::SnapshotStore& recovery() { return recovery_; }
  node::EffectFiles& oem() { return oem_; }
  // What `mkfs` of the state partition is here.
  void make_state() { effects_.run({.program = "mkfs", .args = {state_path_.string()}}); }

 private:
  boot::BootStateStore boot_;
  snapshot::SnapshotStore state_;
  snapshot::SnapshotStore recovery_;
  node::EffectFiles oem_;
  std::filesystem::path state_path_;
  Effects& effects_;
};

// A small system whose every file tells its version.
class SampleSystem {
 public:
  explicit SampleSystem(std::string version);
  const node::SystemContent& content() const { return content_; }

 private:
  node::SystemContent content_;
};

}  // namespace cairn::crash
