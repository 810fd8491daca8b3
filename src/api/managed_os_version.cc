// SPDX-License-Identifier: Apache-2.0
#include "api/managed_os_version.h"

#include "api/conditions.h"
#include "api/names.h"

namespace cairn::api {

const object::Fields<ManagedOSVersionSpec>& ManagedOSVersionSpec::fields() {
  static const object::Fields<ManagedOSVersionSpec> table{
      {"version", &ManagedOSVersionSpec::version, "The version.", {.column = "Version"}},
      {"type",
       &ManagedOSVersionSpec::type,
       "container: an image for upgrades; iso: a medium.",
       {.pattern = "^(?i:container|iso|)$", .column = "Type"}},
      {"minVersion", &ManagedOSVersionSpec::min_version, "The oldest version that can be upgraded to this one."},
      {"metadata", &ManagedOSVersionSpec::metadata,
       "Of a container: upgradeImage; of an iso: uri; of both: displayName, created (Unix seconds), platforms."},
      {"upgradeContainer", &ManagedOSVersionSpec::upgrade_container, "Switches of upgrades to the version."},
  };
  return table;
}

const object::Fields<ManagedOSVersionStatus>& ManagedOSVersionStatus::fields() {
  static const object::Fields<ManagedOSVersionStatus> table{
      {"conditions", &ManagedOSVersionStatus::conditions, "NotSupported.", object::condition_list()},
  };
  return table;
}

const object::Kind& ManagedOSVersion::kind() {
  static const object::Kind kind{
      .group = kElementalGroup,
      .version = kElementalVersion,
      .name = "ManagedOSVersion",
      .plural = "managedosversions",
      .doc = "A version of an operating system that machines can be upgraded to or media made of.",
      .short_names = {"mosv"},
      .categories = {kCategory},
      .columns = {{.name = "Channel",
                   .path = R"(.metadata.labels.elemental\.cattle\.io/channel)",
                   .doc = "The channel that lists the version."},
                  {.name = "Gone",
                   .path = R"(.metadata.annotations.elemental\.cattle\.io/channel-no-longer-in-sync)",
                   .doc = "true: the channel lists it no longer."}},
      .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<ManagedOSVersion>& ManagedOSVersion::fields() {
  static const object::Fields<ManagedOSVersion> table{
      {"metadata", &ManagedOSVersion::metadata, "Metadata."},
      {"spec", &ManagedOSVersion::spec, "What is wanted."},
      {"status", &ManagedOSVersion::status, "What is."},
  };
  return table;
}

}  // namespace cairn::api
