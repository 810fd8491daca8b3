// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/meta.h"

#include <string>
#include <vector>

namespace cairn::object {

// The type of an object: where the API server has it and, for kinds of our own, what its definition says beyond the
// schema.
struct Kind {
  std::string group;  // empty for the core group
  std::string version;
  std::string name;    // "MachineInventory"
  std::string plural;  // "machineinventories"
  enum class Scope { namespaced, cluster } scope = Scope::namespaced;
  std::string doc = {};
  std::vector<std::string> short_names = {};
  std::vector<std::string> categories = {};
  std::vector<Column> columns = {};  // those that are no single field, such as the status of a condition
  enum class Status { none, sub_resource } status = Status::none;

  // "elemental.cattle.io/v1beta1", "v1".
  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  // "/apis/GROUP/VERSION/namespaces/NS/PLURAL"; of all namespaces where `name_space` is empty.
  std::string path(std::string_view name_space) const;
  std::string path(const NamespacedName& key) const { return path(key.name_space) + "/" + key.name; }
  bool operator==(const Kind& other) const {
    return group == other.group && version == other.version && plural == other.plural;
  }
};

// A struct that stands for objects of a kind:
//   struct MachineInventory {
//     object::ObjectMeta metadata; MachineInventorySpec spec; MachineInventoryStatus status; object::Unknown unknown;
//     static const object::Kind& kind();
//     static const object::Fields<MachineInventory>& fields();   // apiVersion and kind are not among them
//     bool operator==(const MachineInventory&) const = default;
//   };
template <class T>
concept Resource = Described<T> && requires(const T& t) {
  { T::kind() } -> std::same_as<const Kind&>;
  { t.metadata } -> std::convertible_to<const ObjectMeta&>;
};

// Throws reason::kBadObject unless apiVersion and kind of the document are those of T; items of lists have none.
void check_kind(const json::value& document, const Kind& kind);

// A document of the kind as T; errors name it by kind and name.
template <Resource T>
T decode_object(const json::value& document);

// With apiVersion and kind.
template <Resource T>
json::value encode_object(const T& from);

template <Resource T>
OwnerReference make_owner_reference(const T& owner, bool controller) {
  return {.api_version = T::kind().api_version(),
          .kind = T::kind().name,
          .name = owner.metadata.name,
          .uid = owner.metadata.uid,
          .controller = controller,
          .block_owner_deletion = controller,
          .unknown = {}};
}

// "MachineInventory fleet/m-1", for errors.
std::string describe(const json::value& document, const Kind& kind);

template <Resource T>
T decode_object(const json::value& document) {
  check_kind(document, T::kind());
  T out = decode<T>(document, describe(document, T::kind()));
  if constexpr (KeepsUnknown<T>) {
    out.unknown.members.erase("apiVersion");
    out.unknown.members.erase("kind");
  }
  return out;
}

template <Resource T>
json::value encode_object(const T& from) {
  json::object object{{"apiVersion", T::kind().api_version()}, {"kind", T::kind().name}};
  json::value encoded = encode(from);
  for (auto& member : encoded.as_object()) object.emplace(member.key(), std::move(member.value()));
  return object;
}

}  // namespace cairn::object
