// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/machine_inventory.h"
#include "object/condition.h"
#include "object/kind.h"
#include "object/selector.h"

#include <optional>
#include <string>
#include <vector>

namespace cairn::api {

struct MachineInventorySelectorSpec {
  std::string provider_id;
  object::LabelSelector selector;
  object::Unknown unknown;

  bool operator==(const MachineInventorySelectorSpec&) const = default;
  static const object::Fields<MachineInventorySelectorSpec>& fields();
};

struct MachineInventoryRef {
  std::string name;
  object::Unknown unknown;

  bool operator==(const MachineInventoryRef&) const = default;
  static const object::Fields<MachineInventoryRef>& fields();
};

struct MachineInventorySelectorStatus {
  std::vector<object::Condition> conditions;
  bool ready = false;
  std::vector<MachineAddress> addresses;
  std::string bootstrap_plan_checksum;
  std::optional<MachineInventoryRef> machine_inventory_ref;
  object::Unknown unknown;

  bool operator==(const MachineInventorySelectorStatus&) const = default;
  static const object::Fields<MachineInventorySelectorStatus>& fields();
};

// One machine that Cluster API wants.
struct MachineInventorySelector {
  object::ObjectMeta metadata;
  MachineInventorySelectorSpec spec;
  MachineInventorySelectorStatus status;
  object::Unknown unknown;

  bool operator==(const MachineInventorySelector&) const = default;
  static const object::Kind& kind();
  static const object::Fields<MachineInventorySelector>& fields();
};

struct MachineInventorySelectorBlueprint {
  object::ObjectMeta metadata;
  MachineInventorySelectorSpec spec;
  object::Unknown unknown;

  bool operator==(const MachineInventorySelectorBlueprint&) const = default;
  static const object::Fields<MachineInventorySelectorBlueprint>& fields();
};

struct MachineInventorySelectorTemplateSpec {
  MachineInventorySelectorBlueprint blueprint;  // the field `template`
  object::Unknown unknown;

  bool operator==(const MachineInventorySelectorTemplateSpec&) const = default;
  static const object::Fields<MachineInventorySelectorTemplateSpec>& fields();
};

// What Cluster API copies into MachineInventorySelectors.
struct MachineInventorySelectorTemplate {
  object::ObjectMeta metadata;
  MachineInventorySelectorTemplateSpec spec;
  object::Unknown unknown;

  bool operator==(const MachineInventorySelectorTemplate&) const = default;
  static const object::Kind& kind();
  static const object::Fields<MachineInventorySelectorTemplate>& fields();
};

namespace condition {
inline constexpr char kInventoryReady[] = "InventoryReady";
}  // namespace condition

}  // namespace cairn::api
