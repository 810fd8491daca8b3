// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/time.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::object {

using Labels = std::map<std::string, std::string>;

// What names an object within its kind: a key of stores and work queues. `name_space` is empty for cluster-wide kinds.
struct NamespacedName {
  std::string name_space;
  std::string name;

  // "namespace/name", or "name".
  std::string to_text() const { return name_space.empty() ? name : name_space + "/" + name; }
  bool operator==(const NamespacedName&) const = default;
  bool operator<(const NamespacedName& other) const {
    const int order = name_space.compare(other.name_space);
    return order != 0 ? order < 0 : name < other.name;
  }
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  bool block_owner_deletion = false;
  Unknown unknown;

  bool operator==(const OwnerReference&) const = default;
  static const Fields<OwnerReference>& fields();
};

// metav1.ObjectMeta; what we do not use, such as managedFields, is kept in `unknown`.
struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string name_space;
  std::string uid;
  std::string resource_version;  // opaque: compare for equality only
  std::int64_t generation = 0;
  std::optional<Time> creation_timestamp;
  std::optional<Time> deletion_timestamp;
  Labels labels;
  Labels annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;
  Unknown unknown;

  NamespacedName key() const { return {name_space, name}; }
  bool deleting() const { return deletion_timestamp.has_value(); }
  bool operator==(const ObjectMeta&) const = default;
  static const Fields<ObjectMeta>& fields();
};

bool has_finalizer(const ObjectMeta& meta, std::string_view finalizer);
// Whether it was changed: it was not there (add), it was there (remove).
bool add_finalizer(ObjectMeta& meta, std::string_view finalizer);
bool remove_finalizer(ObjectMeta& meta, std::string_view finalizer);

// The owner that controls the object, if any.
const OwnerReference* find_controller(const ObjectMeta& meta);
// Adds or renews the reference to the same owner (by uid). Throws reason::kOtherController if `owner` is a controller
// and another controls the object already.
void set_owner(ObjectMeta& meta, OwnerReference owner);

// corev1.ObjectReference, the members that upstream's kinds use.
struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string name_space;
  std::string name;
  std::string uid;
  Unknown unknown;

  NamespacedName key() const { return {name_space, name}; }
  bool operator==(const ObjectReference&) const = default;
  static const Fields<ObjectReference>& fields();
};

// corev1.TypedLocalObjectReference.
struct TypedLocalObjectReference {
  std::optional<std::string> api_group;
  std::string kind;
  std::string name;
  Unknown unknown;

  bool operator==(const TypedLocalObjectReference&) const = default;
  static const Fields<TypedLocalObjectReference>& fields();
};

}  // namespace cairn::object
