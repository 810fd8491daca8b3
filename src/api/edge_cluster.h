// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/registries_source.h"
#include "object/condition.h"
#include "object/kind.h"
#include "object/selector.h"

#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

// Values of the roles of pools.
inline constexpr char kServerRole[] = "server";
inline constexpr char kWorkerRole[] = "worker";

// Machines of one make and use.
struct MachinePool {
  std::string name;
  std::vector<std::string> roles;
  object::LabelSelector selector;  // of MachineInventories; empty: any
  std::int32_t quantity = 0;
  object::Unknown unknown;

  bool operator==(const MachinePool&) const = default;
  static const object::Fields<MachinePool>& fields();
};

struct EdgeClusterSpec {
  std::string kubernetes_version;  // "vX" and "vX+k3sN": k3s; "vX+rke2rN": rke2; "vX+kubeadm": upstream
  std::vector<MachinePool> pools;
  std::string endpoint;  // HOST or HOST:PORT
  std::string installer_image;
  RegistriesSource registries;
  json::object config;  // keys of bootstrap configurations, for all machines
  object::Unknown unknown;

  bool operator==(const EdgeClusterSpec&) const = default;
  static const object::Fields<EdgeClusterSpec>& fields();
};

struct PoolStatus {
  std::string name;
  std::int32_t wanted = 0;
  std::int32_t adopted = 0;
  std::int32_t ready = 0;
  object::Unknown unknown;

  bool operator==(const PoolStatus&) const = default;
  static const object::Fields<PoolStatus>& fields();
};

struct ClusterMachineStatus {
  std::string name;  // of the MachineInventory, and of the node
  std::string pool;
  std::string phase;  // Adopted, Bootstrapping, Joining, Ready, NotReady, Failed, Leaving
  std::string reason;
  std::string message;
  std::optional<object::Time> since;
  object::Unknown unknown;

  bool operator==(const ClusterMachineStatus&) const = default;
  static const object::Fields<ClusterMachineStatus>& fields();
};

struct EdgeClusterStatus {
  std::vector<object::Condition> conditions;
  std::int64_t observed_generation = 0;
  std::string endpoint;
  std::string init_machine;  // the MachineInventory whose server began the cluster
  std::string kubeconfig_secret_name;
  std::int32_t machines_wanted = 0;
  std::int32_t machines_ready = 0;
  std::vector<PoolStatus> pools;
  std::vector<ClusterMachineStatus> machines;
  object::Unknown unknown;

  bool operator==(const EdgeClusterStatus&) const = default;
  static const object::Fields<EdgeClusterStatus>& fields();
};

// A Kubernetes cluster at the edge, made of machines of the inventory.
struct EdgeCluster {
  object::ObjectMeta metadata;
  EdgeClusterSpec spec;
  EdgeClusterStatus status;
  object::Unknown unknown;

  bool operator==(const EdgeCluster&) const = default;
  static const object::Kind& kind();
  static const object::Fields<EdgeCluster>& fields();
};

// The Secret <cluster>-kubeconfig.
inline constexpr char kKubeconfigSecretSuffix[] = "-kubeconfig";
inline constexpr char kKubeconfigKey[] = "kubeconfig";

}  // namespace cairn::api
