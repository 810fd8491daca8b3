// SPDX-License-Identifier: Apache-2.0
#include "object/meta.h"

#include "object/reasons.h"

#include <algorithm>

namespace cairn::object {

const Fields<OwnerReference>& OwnerReference::fields() {
  static const Fields<OwnerReference> table{
      {"apiVersion", &OwnerReference::api_version, "Group and version of the owner.", {.required = true}},
      {"kind", &OwnerReference::kind, "Kind of the owner.", {.required = true}},
      {"name", &OwnerReference::name, "Name of the owner.", {.required = true}},
      {"uid", &OwnerReference::uid, "UID of the owner.", {.required = true}},
      {"controller", &OwnerReference::controller, "Whether the owner manages this object."},
      {"blockOwnerDeletion", &OwnerReference::block_owner_deletion,
       "Whether a foreground deletion of the owner waits for this object."},
  };
  return table;
}

const Fields<ObjectMeta>& ObjectMeta::fields() {
  static const Fields<ObjectMeta> table{
      {"name", &ObjectMeta::name, "Name, unique within the namespace."},
      {"generateName", &ObjectMeta::generate_name, "Prefix of a name that the API server completes."},
      {"namespace", &ObjectMeta::name_space, "Namespace of the object."},
      {"uid", &ObjectMeta::uid, "Identity of this object, never used again."},
      {"resourceVersion", &ObjectMeta::resource_version, "Opaque version for preconditions."},
      {"generation", &ObjectMeta::generation, "Counts the changes of the specification."},
      {"creationTimestamp", &ObjectMeta::creation_timestamp, "When the object was made."},
      {"deletionTimestamp", &ObjectMeta::deletion_timestamp, "When the deletion was asked for."},
      {"labels", &ObjectMeta::labels, "Labels, by which objects are selected."},
      {"annotations", &ObjectMeta::annotations, "Annotations."},
      {"ownerReferences", &ObjectMeta::owner_references, "Owners; the object goes when the last of them is gone."},
      {"finalizers", &ObjectMeta::finalizers, "Who must agree before the object goes."},
  };
  return table;
}

bool has_finalizer(const ObjectMeta& meta, std::string_view finalizer) {
  return std::find(meta.finalizers.begin(), meta.finalizers.end(), finalizer) != meta.finalizers.end();
}

bool add_finalizer(ObjectMeta& meta, std::string_view finalizer) {
  if (has_finalizer(meta, finalizer)) return false;
  meta.finalizers.emplace_back(finalizer);
  return true;
}

bool remove_finalizer(ObjectMeta& meta, std::string_view finalizer) {
  return std::erase(meta.finalizers, finalizer) > 0;
}

const OwnerReference* find_controller(const ObjectMeta& meta) {
  for (const auto& owner : meta.owner_references) {
    if (owner.controller) return &owner;
  }
  return nullptr;
}

void set_owner(ObjectMeta& meta, OwnerReference owner) {
  const OwnerReference* other = find_controller(meta);
  if (owner.controller && other != nullptr && other->uid != owner.uid) {
    throw Error(reason::kOtherController, "{} belongs to {} {} already", meta.key().to_text(), other->kind,
                other->name);
  }
  for (auto& held : meta.owner_references) {
    if (held.uid != owner.uid) continue;
    held = std::move(owner);
    return;
  }
  meta.owner_references.push_back(std::move(owner));
}

const Fields<ObjectReference>& ObjectReference::fields() {
  static const Fields<ObjectReference> table{
      {"apiVersion", &ObjectReference::api_version, "Group and version of the object."},
      {"kind", &ObjectReference::kind, "Kind of the object."},
      {"namespace", &ObjectReference::name_space, "Namespace of the object."},
      {"name", &ObjectReference::name, "Name of the object."},
      {"uid", &ObjectReference::uid, "UID of the object."},
  };
  return table;
}

const Fields<TypedLocalObjectReference>& TypedLocalObjectReference::fields() {
  static const Fields<TypedLocalObjectReference> table{
      {"apiGroup", &TypedLocalObjectReference::api_group, "Group of the object; missing for the core group."},
      {"kind", &TypedLocalObjectReference::kind, "Kind of the object.", {.required = true}},
      {"name", &TypedLocalObjectReference::name, "Name of the object, in the same namespace.", {.required = true}},
  };
  return table;
}

}  // namespace cairn::object
