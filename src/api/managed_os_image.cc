// SPDX-License-Identifier: Apache-2.0
#include "api/managed_os_image.h"

#include "api/conditions.h"
#include "api/names.h"

namespace cairn::api {
namespace {

constexpr char kNoContainer[] = "machines upgrade by themselves, no container runs.";
constexpr char kNoGroups[] = "there are no groups of clusters; select them by their labels.";

object::Rules any_more() { return {.items = {{"x-kubernetes-preserve-unknown-fields", true}}}; }

}  // namespace

DrainSpec DrainSpec::make_default() {
  DrainSpec drain;
  drain.delete_local_data = true;
  drain.ignore_daemon_sets = true;
  drain.force = true;
  drain.skip_wait_for_delete_timeout = 60;
  return drain;
}

const object::Fields<DrainSpec>& DrainSpec::fields() {
  static const object::Fields<DrainSpec> table{
      {"timeout", &DrainSpec::timeout, "How long the drain may take, such as 60s; a number is nanoseconds."},
      {"gracePeriod", &DrainSpec::grace_period, "Seconds that pods get to end, instead of their own."},
      {"deleteLocalData", &DrainSpec::delete_local_data, "Older name of deleteEmptyDirData."},
      {"deleteEmptyDirData", &DrainSpec::delete_empty_dir_data, "Pods with local data are evicted too."},
      {"ignoreDaemonSets", &DrainSpec::ignore_daemon_sets, "Pods of DaemonSets stay."},
      {"force", &DrainSpec::force, "Pods without a controller are evicted too."},
      {"disableEviction",
       &DrainSpec::disable_eviction,
       "Pods are deleted, not evicted.",
       {.not_supported = "a node may evict its pods, not delete them against a disruption budget."}},
      {"skipWaitForDeleteTimeout",
       &DrainSpec::skip_wait_for_delete_timeout,
       "Pods that end for longer, in seconds, are not waited for; 0: all are.",
       {.minimum = 0}},
      {"podSelector", &DrainSpec::pod_selector, "Pods to evict; missing: all."},
  };
  return table;
}

const object::Fields<ClusterTarget>& ClusterTarget::fields() {
  static const object::Fields<ClusterTarget> table{
      {"name", &ClusterTarget::name, "Name of the target, for people."},
      {"clusterName", &ClusterTarget::cluster_name, "An EdgeCluster of this namespace."},
      {"clusterSelector", &ClusterTarget::cluster_selector, "Labels of EdgeClusters of this namespace."},
      {"clusterGroup", &ClusterTarget::cluster_group, "A group of clusters.", {.not_supported = kNoGroups}},
      {"clusterGroupSelector",
       &ClusterTarget::cluster_group_selector,
       "Labels of groups.",
       {.not_supported = kNoGroups}},
  };
  return table;
}

const object::Fields<ManagedOSImageSpec>& ManagedOSImageSpec::fields() {
  using Spec = ManagedOSImageSpec;
  static const object::Fields<Spec> table{
      {"osImage", &Spec::os_image, "The image; wins over managedOSVersionName.", {.column = "Image"}},
      {"managedOSVersionName",
       &Spec::managed_os_version_name,
       "The ManagedOSVersion, of this namespace, whose image it is.",
       {.column = "Version"}},
      {"cloudConfig", &Spec::cloud_config, "Cloud-config for the machines; applied without a drain or a reboot."},
      {"nodeSelector",
       &Spec::node_selector,
       "Labels of nodes, among the selected machines; empty: all.",
       {.default_object = true}},
      {"concurrency", &Spec::concurrency, "Machines of a cluster that are upgraded at once; 0 holds.", {.minimum = 0}},
      {"cordon", &Spec::cordon, "No new pods on the node while it is upgraded."},
      {"drain",
       &Spec::drain,
       "How pods are moved away before the reboot; null: they are not.",
       {.required = true, .nullable = true}},
      {"prepare", &Spec::prepare, "A container that runs before.", {.not_supported = kNoContainer}},
      {"upgradeContainer", &Spec::upgrade_container, "Switches of the upgrade; instead of those of the version."},
      {"clusterRolloutStrategy",
       &Spec::cluster_rollout_strategy,
       "Fleet's strategy.",
       {.not_supported = "concurrency, maxUnavailable and failureBudget bound a rollout."}},
      {"clusterTargets", &Spec::cluster_targets, "Clusters whose machines are upgraded.", any_more()},
      {"machineSelector", &Spec::machine_selector, "Labels of MachineInventories to upgrade, as well."},
      {"paused", &Spec::paused, "No further machine begins.", {.column = "Paused", .column_priority = 1}},
      {"failureBudget", &Spec::failure_budget,
       "Machines, or percent of them, whose failures stop the rollout: no further machine begins."},
      {"maxUnavailable", &Spec::max_unavailable,
       "Machines, or percent of them, that may be away at once over all clusters; missing: as concurrency allows."},
      {"contactPolicy", &Spec::contact_policy,
       "What a new system does that can't reach the operator: delay (is good later), or require (falls back)."},
      {"registries", &Spec::registries, "Mirrors of and credentials for registries."},
  };
  return table;
}

const object::Fields<RolloutSummary>& RolloutSummary::fields() {
  static const object::Fields<RolloutSummary> table{
      {"selected", &RolloutSummary::selected, "Machines that are to run the image.", {.column = "Machines"}},
      {"done", &RolloutSummary::done, "Machines that run it.", {.column = "Done"}},
      {"updating", &RolloutSummary::updating, "Machines that are being upgraded.", {.column = "Updating"}},
      {"waiting", &RolloutSummary::waiting, "Machines that wait for their turn."},
      {"failed", &RolloutSummary::failed, "Machines that fell back or could not begin.", {.column = "Failed"}},
  };
  return table;
}

const object::Fields<ManagedOSImageStatus>& ManagedOSImageStatus::fields() {
  using Status = ManagedOSImageStatus;
  static const object::Fields<Status> table{
      {"conditions", &Status::conditions, "Ready, NotSupported.", object::condition_list()},
      {"observedGeneration", &Status::observed_generation, "The generation of the specification that was looked at."},
      {"resolvedImage", &Status::resolved_image, "The image with the digest that was found when the rollout began."},
      {"summary", &Status::summary, "Counts of machines."},
  };
  return table;
}

const object::Kind& ManagedOSImage::kind() {
  static const object::Kind kind{
      .group = kElementalGroup,
      .version = kElementalVersion,
      .name = "ManagedOSImage",
      .plural = "managedosimages",
      .doc = "The operating system that machines are to run: a rollout.",
      .short_names = {"mosi"},
      .categories = {kCategory},
      .columns = {condition_column("Ready", condition::kReady, "Whether all machines run the image.")},
      .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<ManagedOSImage>& ManagedOSImage::fields() {
  static const object::Fields<ManagedOSImage> table{
      {"metadata", &ManagedOSImage::metadata, "Metadata."},
      {"spec", &ManagedOSImage::spec, "What is wanted.", {.required = true}},
      {"status", &ManagedOSImage::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
