// SPDX-License-Identifier: Apache-2.0
// A document of one of our kinds: what is decoded can be encoded and is decoded again as the same; what the schema
// finds no problem with can be decoded; as YAML it is read with the same shape.
#include "api/definitions.h"
#include "api/edge_cluster.h"
#include "api/machine_inventory.h"
#include "api/machine_inventory_selector.h"
#include "api/machine_registration.h"
#include "api/managed_os_image.h"
#include "api/managed_os_version.h"
#include "api/managed_os_version_channel.h"
#include "api/seed_image.h"
#include "core/yaml.h"
#include "core/yaml_text.h"
#include "fuzz_input.h"
#include "object/schema.h"

namespace {

namespace json = cairn::json;
using namespace cairn::api;  // NOLINT: a program of one file

template <class T>
void try_kind(const json::value& document) {
  if (document.at("kind") != json::value(T::kind().name)) return;
  const T once = cairn::object::decode_object<T>(document);
  if (once != cairn::object::decode_object<T>(cairn::object::encode_object(once))) std::abort();
  cairn::object::find_unsupported(once.spec, "spec");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto definitions = make_definitions();
  cairn::fuzz::allow_refusal([&] {
    const json::value document = cairn::parse_json(cairn::fuzz::text_of(data, size), "input");
    if (document.is_object()) {
      const auto yaml = cairn::parse_yaml(cairn::to_yaml(document), "yaml");
      if (!document.get_object().empty() && yaml.members().size() != document.get_object().size()) std::abort();
    }
    const auto* definition = find_definition(definitions, document);
    if (definition == nullptr) return;
    cairn::object::find_problems(document, schema_of(*definition));
    try_kind<MachineRegistration>(document);
    try_kind<MachineInventory>(document);
    try_kind<MachineInventorySelector>(document);
    try_kind<MachineInventorySelectorTemplate>(document);
    try_kind<SeedImage>(document);
    try_kind<ManagedOSImage>(document);
    try_kind<ManagedOSVersion>(document);
    try_kind<ManagedOSVersionChannel>(document);
    try_kind<EdgeCluster>(document);
  });
  return 0;
}
