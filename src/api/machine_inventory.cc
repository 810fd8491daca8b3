// SPDX-License-Identifier: Apache-2.0
#include "api/machine_inventory.h"

#include "api/conditions.h"
#include "api/names.h"
#include "api/patterns.h"

namespace cairn::api {

const object::Fields<InventoryNetwork>& InventoryNetwork::fields() {
  static const object::Fields<InventoryNetwork> table{
      {"configurator",
       &InventoryNetwork::configurator,
       "What applies the configuration.",
       {.one_of = {"", "none", "nmc", "nmstate", "nmconnections"}}},
      {"ipAddresses", &InventoryNetwork::ip_addresses, "Addresses by the name that `config` uses."},
      {"config", &InventoryNetwork::config, "The document of the configurator."},
  };
  return table;
}

const object::Fields<MachineInventorySpec>& MachineInventorySpec::fields() {
  static constexpr char kNoNetwork[] = "write the files of the network by cloud-config.";
  static const object::Fields<MachineInventorySpec> table{
      {"tpmHash",
       &MachineInventorySpec::tpm_hash,
       "SHA-256 of the public endorsement key of the machine's TPM: the machine's identity.",
       {.pattern = pattern::kSha256}},
      {"machineHash",
       &MachineInventorySpec::machine_hash,
       "SHA-256 of the machine's MAC address or UUID, where no TPM is asked for.",
       {.pattern = pattern::kSha256}},
      {"ipAddressClaims",
       &MachineInventorySpec::ip_address_claims,
       "Claims of addresses.",
       {.not_supported = kNoNetwork}},
      {"ipAddressPools", &MachineInventorySpec::ip_address_pools, "Pools of addresses.", {.not_supported = kNoNetwork}},
      {"network", &MachineInventorySpec::network, "Network of the installed system.", {.not_supported = kNoNetwork}},
      {"approved", &MachineInventorySpec::approved,
       "false: the machine registered and waits for a person who sets true. Missing: approved."},
      {"revoked", &MachineInventorySpec::revoked,
       "The machine is refused: its certificate, and its registration, until this is false again."},
      {"registrationName", &MachineInventorySpec::registration_name,
       "The MachineRegistration, in the same namespace, by which the machine came."},
      {"resetTimeout",
       &MachineInventorySpec::reset_timeout,
       "How long a deletion waits for the machine's reset. Missing: 24h.",
       {.pattern = pattern::kDuration}},
  };
  return table;
}

const object::Fields<InventoryPlan>& InventoryPlan::fields() {
  static const object::Fields<InventoryPlan> table{
      {"secretRef", &InventoryPlan::secret_ref, "The Secret that holds the plan and its results."},
      {"checksum", &InventoryPlan::checksum, "SHA-256 of the plan that is wanted."},
      {"state", &InventoryPlan::state, "What became of that plan; empty while it runs."},
      {"message", &InventoryPlan::message, "Why the plan failed."},
  };
  return table;
}

const object::Fields<InventoryOs>& InventoryOs::fields() {
  static const object::Fields<InventoryOs> table{
      {"version", &InventoryOs::version, "Version of the system that runs.", {.column = "OS"}},
      {"booted", &InventoryOs::booted, "Image, with digest, of the system that runs."},
      {"active", &InventoryOs::active, "Image of the system that boots next."},
      {"passives", &InventoryOs::passives, "Images of the systems that are kept, newest first."},
      {"phase", &InventoryOs::phase,
       "Where an upgrade is: idle, fetching, staged, draining, rebooting, checking, good or fell-back."},
      {"progress", &InventoryOs::progress, "Percent of the phase.", {.minimum = 0, .maximum = 100}},
      {"reason", &InventoryOs::reason, "Why the phase waits or the system fell back."},
  };
  return table;
}

const object::Fields<MachineAddress>& MachineAddress::fields() {
  static const object::Fields<MachineAddress> table{
      {"type",
       &MachineAddress::type,
       "What the address is.",
       {.required = true, .one_of = {"Hostname", "ExternalIP", "InternalIP", "ExternalDNS", "InternalDNS"}}},
      {"address", &MachineAddress::address, "The address.", {.required = true, .min_length = 1, .max_length = 256}},
  };
  return table;
}

const object::Fields<InventoryNode>& InventoryNode::fields() {
  static const object::Fields<InventoryNode> table{
      {"name", &InventoryNode::name, "Name of the node.", {.column = "Node", .column_priority = 1}},
      {"ready", &InventoryNode::ready, "Whether the node is Ready in its cluster."},
      {"labels", &InventoryNode::labels, "Labels of the node."},
      {"addresses", &InventoryNode::addresses, "Addresses of the node.", {.max_items = 128}},
  };
  return table;
}

const object::Fields<MachineInventoryStatus>& MachineInventoryStatus::fields() {
  static const object::Fields<MachineInventoryStatus> table{
      {"conditions", &MachineInventoryStatus::conditions,
       "Ready, AdoptionReady, NetworkConfigReady, Connected, WeakIdentity, NotSupported.", object::condition_list()},
      {"plan", &MachineInventoryStatus::plan, "The plan that the machine is to apply."},
      {"state",
       &MachineInventoryStatus::state,
       "Pending (waits for approval), Available, InUse, Resetting, Orphaned (left a cluster without a reset) or "
       "Revoked.",
       {.column = "State"}},
      {"cluster", &MachineInventoryStatus::cluster, "The EdgeCluster that has the machine.", {.column = "Cluster"}},
      {"os", &MachineInventoryStatus::os, "The operating system, as the machine reported it."},
      {"node", &MachineInventoryStatus::node, "The Kubernetes node on the machine."},
      {"lastSeen",
       &MachineInventoryStatus::last_seen,
       "When the machine was last heard of; renewed now and then, not at each message.",
       {.column = "Last-Seen"}},
  };
  return table;
}

const object::Kind& MachineInventory::kind() {
  static const object::Kind kind{.group = kElementalGroup,
                                 .version = kElementalVersion,
                                 .name = "MachineInventory",
                                 .plural = "machineinventories",
                                 .doc = "A machine that has registered, or is expected to.",
                                 .short_names = {"minv"},
                                 .categories = {kCategory},
                                 .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<MachineInventory>& MachineInventory::fields() {
  static const object::Fields<MachineInventory> table{
      {"metadata", &MachineInventory::metadata, "Metadata."},
      {"spec", &MachineInventory::spec, "What is wanted."},
      {"status", &MachineInventory::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
