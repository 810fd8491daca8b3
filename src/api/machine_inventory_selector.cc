// SPDX-License-Identifier: Apache-2.0
#include "api/machine_inventory_selector.h"

#include "api/conditions.h"
#include "api/names.h"

namespace cairn::api {
namespace {

constexpr char kNoClusterApi[] = "Cluster API is not served; EdgeCluster selects machines.";

}  // namespace

const object::Fields<MachineInventorySelectorSpec>& MachineInventorySelectorSpec::fields() {
  using Spec = MachineInventorySelectorSpec;
  static const object::Fields<Spec> table{
      {"providerID",
       &Spec::provider_id,
       "Identity of the machine for a cloud provider.",
       {.not_supported = kNoClusterApi}},
      {"selector", &Spec::selector, "Labels of the MachineInventory to take.", {.not_supported = kNoClusterApi}},
  };
  return table;
}

const object::Fields<MachineInventoryRef>& MachineInventoryRef::fields() {
  static const object::Fields<MachineInventoryRef> table{
      {"name", &MachineInventoryRef::name, "Name of the MachineInventory."},
  };
  return table;
}

const object::Fields<MachineInventorySelectorStatus>& MachineInventorySelectorStatus::fields() {
  using Status = MachineInventorySelectorStatus;
  static const object::Fields<Status> table{
      {"conditions", &Status::conditions, "Ready, InventoryReady, NotSupported.", object::condition_list()},
      {"ready", &Status::ready, "Whether the machine is there."},
      {"addresses", &Status::addresses, "Addresses of the machine.", {.max_items = 128}},
      {"bootstrapPlanChecksum", &Status::bootstrap_plan_checksum, "SHA-256 of the bootstrap plan."},
      {"machineInventoryRef", &Status::machine_inventory_ref, "The MachineInventory that was taken."},
  };
  return table;
}

const object::Kind& MachineInventorySelector::kind() {
  static const object::Kind kind{.group = kElementalGroup,
                                 .version = kElementalVersion,
                                 .name = "MachineInventorySelector",
                                 .plural = "machineinventoryselectors",
                                 .doc = "One machine that Cluster API wants. Not served: see EdgeCluster.",
                                 .categories = {kCategory},
                                 .columns = {condition_column("Ready", condition::kReady, "Whether it is there.")},
                                 .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<MachineInventorySelector>& MachineInventorySelector::fields() {
  static const object::Fields<MachineInventorySelector> table{
      {"metadata", &MachineInventorySelector::metadata, "Metadata."},
      {"spec", &MachineInventorySelector::spec, "What is wanted."},
      {"status", &MachineInventorySelector::status, "What is."},
  };
  return table;
}

const object::Fields<MachineInventorySelectorBlueprint>& MachineInventorySelectorBlueprint::fields() {
  static const object::Fields<MachineInventorySelectorBlueprint> table{
      {"metadata", &MachineInventorySelectorBlueprint::metadata, "Metadata of the selectors."},
      {"spec", &MachineInventorySelectorBlueprint::spec, "Specification of the selectors."},
  };
  return table;
}

const object::Fields<MachineInventorySelectorTemplateSpec>& MachineInventorySelectorTemplateSpec::fields() {
  static const object::Fields<MachineInventorySelectorTemplateSpec> table{
      {"template",
       &MachineInventorySelectorTemplateSpec::blueprint,
       "The selectors that are made of the template.",
       {.required = true}},
  };
  return table;
}

const object::Kind& MachineInventorySelectorTemplate::kind() {
  static const object::Kind kind{
      .group = kElementalGroup,
      .version = kElementalVersion,
      .name = "MachineInventorySelectorTemplate",
      .plural = "machineinventoryselectortemplates",
      .doc = "What Cluster API makes MachineInventorySelectors of. Not served: see EdgeCluster.",
      .categories = {kCategory}};
  return kind;
}

const object::Fields<MachineInventorySelectorTemplate>& MachineInventorySelectorTemplate::fields() {
  static const object::Fields<MachineInventorySelectorTemplate> table{
      {"metadata", &MachineInventorySelectorTemplate::metadata, "Metadata."},
      {"spec", &MachineInventorySelectorTemplate::spec, "What is wanted.", {.required = true}},
  };
  return table;
}

}  // namespace cairn::api
