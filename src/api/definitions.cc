// SPDX-License-Identifier: Apache-2.0
#include "api/definitions.h"

#include "api/edge_cluster.h"
#include "api/machine_inventory.h"
#include "api/machine_inventory_selector.h"
#include "api/machine_registration.h"
#include "api/managed_os_image.h"
#include "api/managed_os_version.h"
#include "api/managed_os_version_channel.h"
#include "api/metadata.h"
#include "api/seed_image.h"
#include "object/schema.h"

namespace cairn::api {

std::vector<json::object> make_definitions() {
  using object::make_definition;
  return {
      make_definition<MachineRegistration>(),
      make_definition<MachineInventory>(),
      make_definition<MachineInventorySelector>(),
      make_definition<MachineInventorySelectorTemplate>(),
      make_definition<SeedImage>(),
      make_definition<ManagedOSImage>(),
      make_definition<ManagedOSVersion>(),
      make_definition<ManagedOSVersionChannel>(),
      make_definition<Metadata>(),
      make_definition<EdgeCluster>(),
  };
}

const json::object* find_definition(const std::vector<json::object>& definitions, const json::value& document) {
  if (!document.is_object()) return nullptr;
  for (const auto& definition : definitions) {
    const auto& spec = definition.at("spec").as_object();
    const std::string version =
        std::string(spec.at("group").as_string()) + "/" + std::string(spec.at("versions").at(0).at("name").as_string());
    if (object::find_text(document.get_object(), "apiVersion") == version &&
        object::find_text(document.get_object(), "kind") == spec.at("names").at("kind").as_string()) {
      return &definition;
    }
  }
  return nullptr;
}

const json::object& schema_of(const json::object& definition) {
  return definition.at("spec").at("versions").at(0).at("schema").at("openAPIV3Schema").as_object();
}

}  // namespace cairn::api
