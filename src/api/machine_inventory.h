// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/condition.h"
#include "object/kind.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

struct InventoryNetwork {
  std::string configurator;
  std::map<std::string, std::string> ip_addresses;
  json::object config;
  object::Unknown unknown;

  bool operator==(const InventoryNetwork&) const = default;
  static const object::Fields<InventoryNetwork>& fields();
};

struct MachineInventorySpec {
  std::string tpm_hash;      // SHA-256 of the endorsement key (DER, PKIX), lower-case hex
  std::string machine_hash;  // SHA-256 of a MAC address or system UUID; weak
  std::map<std::string, object::ObjectReference> ip_address_claims;
  std::map<std::string, object::TypedLocalObjectReference> ip_address_pools;
  InventoryNetwork network;
  // Ours. A machine with `approved` false waits; missing counts as approved, as inventories made by people are.
  std::optional<bool> approved;
  bool revoked = false;
  std::string registration_name;  // of the same namespace
  std::string reset_timeout;      // missing: 24h
  object::Unknown unknown;

  bool operator==(const MachineInventorySpec&) const = default;
  static const object::Fields<MachineInventorySpec>& fields();
};

enum class PlanState { none, applied, failed };
constexpr std::array<std::pair<PlanState, std::string_view>, 3> names_of(PlanState) {
  return {{{PlanState::none, ""}, {PlanState::applied, "Applied"}, {PlanState::failed, "Failed"}}};
}

struct InventoryPlan {
  std::optional<object::ObjectReference> secret_ref;
  std::string checksum;  // of the plan that is wanted
  PlanState state = PlanState::none;
  std::string message;  // ours: why it failed
  object::Unknown unknown;

  bool operator==(const InventoryPlan&) const = default;
  static const object::Fields<InventoryPlan>& fields();
};

// The operating system as the machine last reported it. Images are references with their digest.
struct InventoryOs {
  std::string version;  // of the booted system, for people
  std::string booted;
  std::string active;
  std::vector<std::string> passives;
  std::string phase;  // idle, fetching, staged, draining, rebooting, checking, good, fell-back
  std::int32_t progress = 0;
  std::string reason;
  object::Unknown unknown;

  bool operator==(const InventoryOs&) const = default;
  static const object::Fields<InventoryOs>& fields();
};

struct MachineAddress {
  std::string type;  // Hostname, ExternalIP, InternalIP, ExternalDNS, InternalDNS
  std::string address;
  object::Unknown unknown;

  bool operator==(const MachineAddress&) const = default;
  static const object::Fields<MachineAddress>& fields();
};

// The Kubernetes node on the machine.
struct InventoryNode {
  std::string name;
  bool ready = false;
  object::Labels labels;
  std::vector<MachineAddress> addresses;
  object::Unknown unknown;

  bool operator==(const InventoryNode&) const = default;
  static const object::Fields<InventoryNode>& fields();
};

enum class MachineState { pending, available, in_use, resetting, orphaned, revoked };
constexpr std::array<std::pair<MachineState, std::string_view>, 6> names_of(MachineState) {
  return {{{MachineState::pending, "Pending"},
           {MachineState::available, "Available"},
           {MachineState::in_use, "InUse"},
           {MachineState::resetting, "Resetting"},
           {MachineState::orphaned, "Orphaned"},
           {MachineState::revoked, "Revoked"}}};
}

struct MachineInventoryStatus {
  std::vector<object::Condition> conditions;
  InventoryPlan plan;
  // Ours.
  std::optional<MachineState> state;
  std::string cluster;  // the EdgeCluster that has the machine
  InventoryOs os;
  InventoryNode node;
  std::optional<object::Time> last_seen;
  object::Unknown unknown;

  bool operator==(const MachineInventoryStatus&) const = default;
  static const object::Fields<MachineInventoryStatus>& fields();
};

// A machine that has registered, or is expected to.
struct MachineInventory {
  object::ObjectMeta metadata;
  MachineInventorySpec spec;
  MachineInventoryStatus status;
  object::Unknown unknown;

  bool operator==(const MachineInventory&) const = default;
  static const object::Kind& kind();
  static const object::Fields<MachineInventory>& fields();
};

namespace condition {
inline constexpr char kAdoptionReady[] = "AdoptionReady";
inline constexpr char kNetworkConfigReady[] = "NetworkConfigReady";
inline constexpr char kConnected[] = "Connected";        // the machine's agent has a channel
inline constexpr char kWeakIdentity[] = "WeakIdentity";  // no TPM vouches for the machine
}  // namespace condition

// Reasons of the conditions.
namespace inventory_reason {
inline constexpr char kWaitingForPlan[] = "WaitingForPlan";
inline constexpr char kPlanApplied[] = "PlanSuccessfullyApplied";
inline constexpr char kPlanFailed[] = "PlanFailure";
inline constexpr char kWaitingToBeAdopted[] = "WaitingToBeAdopted";
inline constexpr char kAdopted[] = "SuccessfullyAdopted";
inline constexpr char kAdoptionFailed[] = "AdoptionFailure";
inline constexpr char kNoChannel[] = "NoChannel";  // the machine has Elemental's client
}  // namespace inventory_reason

}  // namespace cairn::api
