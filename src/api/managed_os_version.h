// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/container.h"
#include "object/condition.h"
#include "object/kind.h"

#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

struct ManagedOSVersionSpec {
  std::string version;
  std::string type;  // container or iso, in any case of letters
  std::string min_version;
  // Of a container: upgradeImage. Of an ISO: uri. Of both: displayName, created (Unix seconds), platforms.
  json::object metadata;
  std::optional<ContainerSpec> upgrade_container;
  object::Unknown unknown;

  bool operator==(const ManagedOSVersionSpec&) const = default;
  static const object::Fields<ManagedOSVersionSpec>& fields();
};

struct ManagedOSVersionStatus {
  std::vector<object::Condition> conditions;
  object::Unknown unknown;

  bool operator==(const ManagedOSVersionStatus&) const = default;
  static const object::Fields<ManagedOSVersionStatus>& fields();
};

// A version of an operating system that machines can be upgraded to or media made of; channels make them.
struct ManagedOSVersion {
  object::ObjectMeta metadata;
  ManagedOSVersionSpec spec;
  ManagedOSVersionStatus status;
  object::Unknown unknown;

  bool operator==(const ManagedOSVersion&) const = default;
  static const object::Kind& kind();
  static const object::Fields<ManagedOSVersion>& fields();
};

// Values of ManagedOSVersionSpec::type, and members of its metadata.
inline constexpr char kContainerVersion[] = "container";
inline constexpr char kIsoVersion[] = "iso";
inline constexpr char kUpgradeImage[] = "upgradeImage";
inline constexpr char kIsoUri[] = "uri";
inline constexpr char kDisplayName[] = "displayName";

}  // namespace cairn::api
