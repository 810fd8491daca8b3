// SPDX-License-Identifier: Apache-2.0
#include "api/edge_cluster.h"

#include "api/conditions.h"
#include "api/names.h"
#include "api/patterns.h"

namespace cairn::api {

const object::Fields<MachinePool>& MachinePool::fields() {
  static const object::Fields<MachinePool> table{
      {"name",
       &MachinePool::name,
       "Name of the pool.",
       {.required = true, .pattern = pattern::kDnsLabel, .max_length = 63}},
      {"roles",
       &MachinePool::roles,
       "What the machines do: server (control plane and etcd), worker, or both.",
       {.required = true, .min_items = 1, .max_items = 2, .items = {{"enum", {kServerRole, kWorkerRole}}}}},
      {"selector", &MachinePool::selector, "Labels of the MachineInventories to take; empty: any."},
      {"quantity", &MachinePool::quantity, "How many machines.", {.required = true, .minimum = 0}},
  };
  return table;
}

const object::Fields<EdgeClusterSpec>& EdgeClusterSpec::fields() {
  static const object::Fields<EdgeClusterSpec> table{
      {"kubernetesVersion",
       &EdgeClusterSpec::kubernetes_version,
       "The version, and by its suffix the distribution: v1.35.1 or v1.35.1+k3s1 is k3s, v1.35.1+rke2r1 is rke2, "
       "v1.35.1+kubeadm is upstream.",
       {.required = true,
        .pattern = R"(^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+(k3s[0-9]+|rke2r[0-9]+|kubeadm))?$)",
        .column = "Version"}},
      {"pools", &EdgeClusterSpec::pools, "Machines of the cluster.", {.list_key = "name"}},
      {"endpoint", &EdgeClusterSpec::endpoint,
       "Name or address, and port, of the cluster's API server. Missing: the address of its first server."},
      {"installerImage", &EdgeClusterSpec::installer_image,
       "The image that installs Kubernetes. Missing: the distribution's for the version."},
      {"registries", &EdgeClusterSpec::registries, "Mirrors of and credentials for registries."},
      {"config", &EdgeClusterSpec::config, "Keys of a bootstrap configuration, for all machines."},
  };
  return table;
}

const object::Fields<PoolStatus>& PoolStatus::fields() {
  static const object::Fields<PoolStatus> table{
      {"name", &PoolStatus::name, "Name of the pool.", {.required = true}},
      {"wanted", &PoolStatus::wanted, "Machines that are wanted."},
      {"adopted", &PoolStatus::adopted, "Machines that were taken."},
      {"ready", &PoolStatus::ready, "Machines whose node is Ready."},
  };
  return table;
}

const object::Fields<ClusterMachineStatus>& ClusterMachineStatus::fields() {
  static const object::Fields<ClusterMachineStatus> table{
      {"name", &ClusterMachineStatus::name, "The MachineInventory, and the node.", {.required = true}},
      {"pool", &ClusterMachineStatus::pool, "The pool that it is in."},
      {"phase", &ClusterMachineStatus::phase, "Adopted, Bootstrapping, Joining, Ready, NotReady, Failed or Leaving."},
      {"reason", &ClusterMachineStatus::reason, "Why, in one word for programs."},
      {"message", &ClusterMachineStatus::message, "Why, for people."},
      {"since", &ClusterMachineStatus::since, "When the phase began."},
  };
  return table;
}

const object::Fields<EdgeClusterStatus>& EdgeClusterStatus::fields() {
  static const object::Fields<EdgeClusterStatus> table{
      {"conditions", &EdgeClusterStatus::conditions, "Ready, NotSupported.", object::condition_list()},
      {"observedGeneration", &EdgeClusterStatus::observed_generation,
       "The generation of the specification that was looked at."},
      {"endpoint", &EdgeClusterStatus::endpoint, "Where the API server is.", {.column = "Endpoint"}},
      {"initMachine", &EdgeClusterStatus::init_machine, "The MachineInventory whose server began the cluster."},
      {"kubeconfigSecretName", &EdgeClusterStatus::kubeconfig_secret_name,
       "Secret of this namespace whose key kubeconfig gives access to the cluster."},
      {"machinesWanted", &EdgeClusterStatus::machines_wanted, "Machines of all pools.", {.column = "Machines"}},
      {"machinesReady", &EdgeClusterStatus::machines_ready, "Machines whose node is Ready.", {.column = "Up"}},
      {"pools", &EdgeClusterStatus::pools, "Each pool.", {.list_key = "name"}},
      {"machines", &EdgeClusterStatus::machines, "Each machine.", {.list_key = "name"}},
  };
  return table;
}

const object::Kind& EdgeCluster::kind() {
  static const object::Kind kind{
      .group = kCairnGroup,
      .version = kCairnVersion,
      .name = "EdgeCluster",
      .plural = "edgeclusters",
      .doc = "A Kubernetes cluster at the edge, made of machines of the inventory.",
      .short_names = {"edge"},
      .categories = {kCategory},
      .columns = {condition_column("Ready", condition::kReady, "Whether all machines are Ready nodes.")},
      .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<EdgeCluster>& EdgeCluster::fields() {
  static const object::Fields<EdgeCluster> table{
      {"metadata", &EdgeCluster::metadata, "Metadata."},
      {"spec", &EdgeCluster::spec, "What is wanted.", {.required = true}},
      {"status", &EdgeCluster::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
