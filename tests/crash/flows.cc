// SPDX-License-Identifier: Apache-2.0
#include "flows.h"

#include "boot/transitions.h"
#include "node/asked_reset.h"

#include <stdexcept>

namespace cairn::crash {
namespace {

constexpr node::UpgradePolicy kPolicy{.tries = 2, .passives = 1};

// Trees after `act` on a machine that had `start`.
Trees after(const Trees& start, const std::function<void(Machine&)>& act) {
  const World world(start);
  WorldEffects effects;
  Machine machine(world, effects);
  act(machine);
  return world.trees();
}

// The loader's own write, as a boot on that state makes it.
Trees booted(Trees trees, unsigned times) {
  testing::TreesView view(std::move(trees));
  for (unsigned i = 0; i < times; ++i) {
    const testing::Boot boot = testing::boot_of(view);
    if (boot.written) view.tree(Place::esp)[boot.written->first] = boot.written->second;
  }
  return view.trees();
}

// No system on the state partition starts.
Trees without_kernels(Trees trees) {
  std::erase_if(trees[Place::state], [](const auto& file) { return file.first.ends_with("/vmlinuz"); });
  return trees;
}

snapshot::Number active(Machine& machine) { return machine.stores().boot.current().active; }

void install(Machine& machine) {
  const SampleSystem system("v1");
  const SampleSystem recovery("r1");
  node::install_systems(machine.stores(), system.content(), &machine.recovery(), &recovery.content(), 2);
}

void upgrade_to(Machine& machine, const std::string& version, snapshot::Number from) {
  const SampleSystem system(version);
  node::upgrade_system(machine.stores(), system.content(), from, kPolicy);
}

void bless(Machine& machine) { node::bless_system(machine.stores(), active(machine), kPolicy); }

void fall_back(Machine& machine) {
  const snapshot::Number to = machine.stores().boot.current().passives.at(0);
  node::accept_fallback(machine.stores(), to, "2026-01-01T00:00:00Z", "did not start");
}

void roll_back(Machine& machine) {
  node::roll_back_system(machine.stores(), machine.stores().boot.current().passives.at(0));
}

void replace_recovery(Machine& machine) {
  const SampleSystem system("r2");
  node::replace_recovery_system(machine.stores().boot, machine.recovery(), system.content());
}

void reset(Machine& machine) {
  const SampleSystem system("v0");
  node::SystemContent content = system.content();
  content.check = [&](const auto&) {
    machine.oem().clear(std::string(boot::kResetRequestFile));
    machine.oem().replace("90_custom.yaml", "name: custom", 0600);
  };
  node::reset_system(
      machine.stores(), machine.oem(), [&] { machine.make_state(); }, content, 1, 2);
}

void ask_for_reset(Machine& machine) { node::ask_for_reset({.oem = true}, machine.stores().boot, machine.oem()); }

void forget_reset(Machine& machine) { node::forget_asked_reset(machine.stores().boot, machine.oem()); }

// Formatted file systems: nothing starts.
Trees formatted() { return {{Place::esp, {{"cairn", std::nullopt}}}, {Place::state, {}}, {Place::recovery, {}}}; }

// A disk as `cairn build disk --grow` makes it, when recovery has added the partitions that were missing.
Trees growing() {
  return after(formatted(), [](Machine& machine) {
    const SampleSystem recovery("r1");
    machine.recovery().ensure_root();
    boot::BootState first{.active = 1, .passives = {}, .tries = 0, .verdict = boot::Verdict::trying};
    first.recovery = node::write_snapshot(machine.recovery(), 0, recovery.content());
    first.reset_asked = true;
    machine.oem().replace(std::string(boot::kResetRequestFile), boot::compose(boot::ResetRequest{}), 0600);
    machine.stores().boot.create(std::move(first));
  });
}

// What has to do with the recovery system; `second` runs v2 and has v1 to fall back to.
void add_recovery_flows(const Trees& second, std::vector<Flow>& flows) {
  flows.push_back({.name = "request",
                   .start = second,
                   .act = [](Machine& m) { node::request_recovery(m.stores()); },
                   .before = {"v2"},
                   .after = {"r1"},
                   .fallback_image = "v2"});
  flows.back().resume = [](Machine&, const testing::Boot&, const std::string&) {};

  // Nothing else starts, so that it shows which recovery system would.
  flows.push_back({.name = "upgrade-recovery",
                   .start = without_kernels(second),
                   .act = replace_recovery,
                   .before = {"r1"},
                   .after = {"r2"}});
  flows.back().resume = [](Machine& m, const testing::Boot&, const std::string& image) {
    if (image == "r1") replace_recovery(m);
  };

  flows.push_back({.name = "ask-for-reset",
                   .start = second,
                   .act = ask_for_reset,
                   .before = {"v2"},
                   .after = {"r1"},
                   .fallback_image = "v2",
                   .resets = {{"r1"}}});
  flows.back().resume = [](Machine&, const testing::Boot&, const std::string&) {};

  // Recovery did not start, or was switched off before it began: the system that starts next takes it back.
  const Trees asked = booted(after(second, ask_for_reset), 1);
  flows.push_back({.name = "forget-reset",
                   .start = asked,
                   .act = forget_reset,
                   .before = {"v2"},
                   .after = {"v2"},
                   .resets = std::nullopt});
  flows.back().resume = [](Machine& m, const testing::Boot&, const std::string&) { forget_reset(m); };

  flows.push_back({.name = "reset",
                   .start = asked,
                   .act = reset,
                   .before = {"v2", "r1"},
                   .after = {"v0"},
                   .fallback_image = "r1",
                   .resets = {{"v2", "r1"}}});
  flows.back().resume = [](Machine& m, const testing::Boot&, const std::string& image) {
    if (image != "v0") reset(m);
    bless(m);
  };

  flows.push_back({.name = "first-start",
                   .start = growing(),
                   .act = reset,
                   .before = {"r1"},
                   .after = {"v0"},
                   .fallback_image = "r1",
                   .resets = {{"r1"}}});
  flows.back().resume = [](Machine& m, const testing::Boot&, const std::string& image) {
    if (image != "v0") reset(m);
    bless(m);
  };
}

std::vector<Flow> make_flows() {
  std::vector<Flow> flows;
  const Trees empty = formatted();
  // An interrupted installation starts again from formatted file systems; recovery may be there before the rest is.
  flows.push_back({.name = "install", .start = empty, .act = install, .before = {"NONE", "r1"}, .after = {"v1"}});
  flows.back().resume = [](Machine&, const testing::Boot&, const std::string&) {};
  flows.back().last_commit = false;

  const Trees installed = after(after(empty, install), bless);
  const Trees second = after(booted(after(installed, [](Machine& m) { upgrade_to(m, "v2", 1); }), 1), bless);
  flows.push_back({.name = "upgrade",
                   .start = second,
                   .act = [](Machine& m) { upgrade_to(m, "v3", 2); },
                   .before = {"v2"},
                   .after = {"v3"},
                   .fallback_image = "v2"});
  flows.back().resume = [](Machine& m, const testing::Boot& boot, const std::string& image) {
    if (image == "v2") upgrade_to(m, "v3", boot.number);
    bless(m);
  };

  const Trees upgraded = after(second, [](Machine& m) { upgrade_to(m, "v3", 2); });
  flows.push_back({.name = "bless", .start = booted(upgraded, 1), .act = bless, .before = {"v3"}, .after = {"v3"}});
  flows.back().resume = [](Machine& m, const testing::Boot&, const std::string&) { bless(m); };
  flows.back().last_commit = false;

  flows.push_back(
      {.name = "fallback", .start = booted(upgraded, 3), .act = fall_back, .before = {"v2"}, .after = {"v2"}});
  flows.back().resume = [](Machine& m, const testing::Boot& boot, const std::string&) {
    if (boot.mode == "passive") fall_back(m);
    bless(m);
  };

  flows.push_back({.name = "rollback",
                   .start = after(booted(upgraded, 1), bless),
                   .act = roll_back,
                   .before = {"v3"},
                   .after = {"v2"}});
  flows.back().resume = [](Machine& m, const testing::Boot&, const std::string& image) {
    if (image == "v3") roll_back(m);
    bless(m);
  };

  // The copy before the one that counts names another system as active here: no accident may bring that back.
  const Trees rolled_back = after(flows.back().start, roll_back);
  flows.push_back({.name = "upgrade-after-rollback",
                   .start = rolled_back,
                   .act = [](Machine& m) { upgrade_to(m, "v4", 2); },
                   .before = {"v2"},
                   .after = {"v4"},
                   .fallback_image = "v2"});
  flows.back().resume = [](Machine& m, const testing::Boot& boot, const std::string& image) {
    if (image == "v2") upgrade_to(m, "v4", boot.number);
    bless(m);
  };

  add_recovery_flows(second, flows);
  return flows;
}

}  // namespace

const std::vector<Flow>& flows() {
  static const std::vector<Flow> flows = make_flows();
  return flows;
}

const Flow& flow_named(const std::string& name) {
  for (const Flow& flow : flows()) {
    if (flow.name == name) return flow;
  }
  throw std::invalid_argument("no flow has the name " + name);
}

}  // namespace cairn::crash
