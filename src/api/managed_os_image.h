// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/container.h"
#include "api/registries_source.h"
#include "object/condition.h"
#include "object/kind.h"
#include "object/quantity.h"
#include "object/selector.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

// system-upgrade-controller's DrainSpec.
struct DrainSpec {
  std::optional<object::IntOrString> timeout;  // a duration such as 60s, or nanoseconds
  std::optional<std::int32_t> grace_period;    // seconds
  std::optional<bool> delete_local_data;       // older name of the next
  std::optional<bool> delete_empty_dir_data;
  std::optional<bool> ignore_daemon_sets;
  bool force = false;
  bool disable_eviction = false;
  std::int64_t skip_wait_for_delete_timeout = 0;  // seconds
  std::optional<object::LabelSelector> pod_selector;
  object::Unknown unknown;

  // What Elemental has where nothing is said about draining.
  static DrainSpec make_default();

  bool operator==(const DrainSpec&) const = default;
  static const object::Fields<DrainSpec>& fields();
};

// Fleet's BundleTarget: which clusters are upgraded.
struct ClusterTarget {
  std::string name;
  std::string cluster_name;  // an EdgeCluster of the same namespace
  std::optional<object::LabelSelector> cluster_selector;
  std::string cluster_group;
  std::optional<object::LabelSelector> cluster_group_selector;
  object::Unknown unknown;

  bool operator==(const ClusterTarget&) const = default;
  static const object::Fields<ClusterTarget>& fields();
};

// What the loss of contact with the operator means to a machine that checks its new system.
enum class ContactPolicy { delay, require };
constexpr std::array<std::pair<ContactPolicy, std::string_view>, 2> names_of(ContactPolicy) {
  return {{{ContactPolicy::delay, "delay"}, {ContactPolicy::require, "require"}}};
}

struct ManagedOSImageSpec {
  std::string os_image;
  std::string managed_os_version_name;
  json::object cloud_config;
  object::LabelSelector node_selector;  // empty: all nodes
  std::int64_t concurrency = 1;         // machines of a cluster at once; 0 holds
  bool cordon = true;
  std::optional<DrainSpec> drain = DrainSpec::make_default();  // null: no drain
  std::optional<ContainerSpec> prepare;
  std::optional<ContainerSpec> upgrade_container;
  json::object cluster_rollout_strategy;
  std::vector<ClusterTarget> cluster_targets;
  // Ours.
  std::optional<object::LabelSelector> machine_selector;  // of MachineInventories; missing selects none
  bool paused = false;
  object::IntOrString failure_budget{1};               // machines that may fail before the rollout stops
  std::optional<object::IntOrString> max_unavailable;  // machines at once, of all
  ContactPolicy contact_policy = ContactPolicy::delay;
  RegistriesSource registries;
  object::Unknown unknown;

  bool operator==(const ManagedOSImageSpec&) const = default;
  static const object::Fields<ManagedOSImageSpec>& fields();
};

// Ours. Counts of machines.
struct RolloutSummary {
  std::int64_t selected = 0;
  std::int64_t done = 0;
  std::int64_t updating = 0;
  std::int64_t waiting = 0;
  std::int64_t failed = 0;
  object::Unknown unknown;

  bool operator==(const RolloutSummary&) const = default;
  static const object::Fields<RolloutSummary>& fields();
};

struct ManagedOSImageStatus {
  std::vector<object::Condition> conditions;
  std::int64_t observed_generation = 0;
  std::string resolved_image;  // with its digest
  RolloutSummary summary;
  object::Unknown unknown;

  bool operator==(const ManagedOSImageStatus&) const = default;
  static const object::Fields<ManagedOSImageStatus>& fields();
};

// The operating system that machines are to run: a rollout.
struct ManagedOSImage {
  object::ObjectMeta metadata;
  ManagedOSImageSpec spec;
  ManagedOSImageStatus status;
  object::Unknown unknown;

  bool operator==(const ManagedOSImage&) const = default;
  static const object::Kind& kind();
  static const object::Fields<ManagedOSImage>& fields();
};

}  // namespace cairn::api
