// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/container.h"
#include "object/condition.h"
#include "object/kind.h"

#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

struct ManagedOSVersionChannelSpec {
  std::string type;  // json, custom; ours: oci
  std::string sync_interval = "1h";
  bool delete_no_longer_in_sync_versions = false;
  bool enabled = true;
  std::string registry;
  // Of json: uri, timeout (keys in any case of letters). Of oci: repository, and timeout. Of custom: a container.
  json::object options;
  std::optional<ContainerSpec> upgrade_container;
  object::Unknown unknown;

  bool operator==(const ManagedOSVersionChannelSpec&) const = default;
  static const object::Fields<ManagedOSVersionChannelSpec>& fields();
};

struct ManagedOSVersionChannelStatus {
  std::vector<object::Condition> conditions;
  std::optional<object::Time> last_synced_time;
  std::int64_t failed_synchronization_attempts = 0;
  std::int64_t synced_generation = 0;
  object::Unknown unknown;

  bool operator==(const ManagedOSVersionChannelStatus&) const = default;
  static const object::Fields<ManagedOSVersionChannelStatus>& fields();
};

// Where ManagedOSVersions come from.
struct ManagedOSVersionChannel {
  object::ObjectMeta metadata;
  ManagedOSVersionChannelSpec spec;
  ManagedOSVersionChannelStatus status;
  object::Unknown unknown;

  bool operator==(const ManagedOSVersionChannel&) const = default;
  static const object::Kind& kind();
  static const object::Fields<ManagedOSVersionChannel>& fields();
};

// Values of ManagedOSVersionChannelSpec::type.
inline constexpr char kJsonChannel[] = "json";
inline constexpr char kOciChannel[] = "oci";
inline constexpr char kCustomChannel[] = "custom";

// Reasons of the condition Ready.
namespace channel_reason {
inline constexpr char kInvalid[] = "InvalidConfiguration";
inline constexpr char kSynchronizing[] = "Synchronizing";
inline constexpr char kSynchronized[] = "Synchronized";
inline constexpr char kFailed[] = "FailedToSync";
inline constexpr char kDisabled[] = "ChannelDisabled";
}  // namespace channel_reason

}  // namespace cairn::api
