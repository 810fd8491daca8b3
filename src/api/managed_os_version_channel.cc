// SPDX-License-Identifier: Apache-2.0
#include "api/managed_os_version_channel.h"

#include "api/conditions.h"
#include "api/names.h"
#include "api/patterns.h"

namespace cairn::api {

const object::Fields<ManagedOSVersionChannelSpec>& ManagedOSVersionChannelSpec::fields() {
  using Spec = ManagedOSVersionChannelSpec;
  static const object::Fields<Spec> table{
      {"type",
       &Spec::type,
       "json: a document at a URL; oci: the tags of a repository; custom: a container (not supported).",
       {.required = true, .one_of = {kJsonChannel, kOciChannel, kCustomChannel}, .column = "Type"}},
      {"syncInterval", &Spec::sync_interval, "How often versions are looked up.", {.pattern = pattern::kDuration}},
      {"deleteNoLongerInSyncVersions", &Spec::delete_no_longer_in_sync_versions,
       "Versions that the channel lists no longer are deleted once nothing uses them."},
      {"enabled", &Spec::enabled, "Whether versions are looked up.", {.column = "Enabled"}},
      {"registry", &Spec::registry, "Put before the images and URIs of versions."},
      {"options", &Spec::options, "Of json: uri, timeout. Of oci: repository, timeout. Of custom: a container."},
      {"upgradeContainer", &Spec::upgrade_container, "Replaces upgradeContainer of the versions."},
  };
  return table;
}

const object::Fields<ManagedOSVersionChannelStatus>& ManagedOSVersionChannelStatus::fields() {
  using Status = ManagedOSVersionChannelStatus;
  static const object::Fields<Status> table{
      {"conditions", &Status::conditions, "Ready, NotSupported.", object::condition_list()},
      {"lastSyncedTime", &Status::last_synced_time, "When versions were last looked up.", {.column = "Synced"}},
      {"failedSynchronizationAttempts", &Status::failed_synchronization_attempts, "Failures since the last success."},
      {"syncedGeneration", &Status::synced_generation, "The generation of the specification that was looked up."},
  };
  return table;
}

const object::Kind& ManagedOSVersionChannel::kind() {
  static const object::Kind kind{
      .group = kElementalGroup,
      .version = kElementalVersion,
      .name = "ManagedOSVersionChannel",
      .plural = "managedosversionchannels",
      .doc = "Where ManagedOSVersions come from.",
      .short_names = {"mosvc"},
      .categories = {kCategory},
      .columns = {condition_column("Ready", condition::kReady, "Whether the versions are those of the channel.")},
      .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<ManagedOSVersionChannel>& ManagedOSVersionChannel::fields() {
  static const object::Fields<ManagedOSVersionChannel> table{
      {"metadata", &ManagedOSVersionChannel::metadata, "Metadata."},
      {"spec", &ManagedOSVersionChannel::spec, "What is wanted.", {.required = true}},
      {"status", &ManagedOSVersionChannel::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
