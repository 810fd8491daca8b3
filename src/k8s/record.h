// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/fields.h"
#include "object/interned.h"
#include "object/meta.h"

namespace cairn::k8s {

// Metadata of records, the small structs that a store keeps of kinds with many objects: only what reconcilers and
// indexes look at, shared texts held once. What is to be written is fetched as a whole.
struct RecordMeta {
  std::string name;
  object::Interned name_space;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::optional<object::Time> deletion_timestamp;
  object::InternedMap labels;
  std::vector<object::Interned> finalizers;

  object::NamespacedName key() const { return {std::string(name_space.view()), name}; }
  bool deleting() const { return deletion_timestamp.has_value(); }
  bool operator==(const RecordMeta&) const = default;
  static const object::Fields<RecordMeta>& fields();
};

}  // namespace cairn::k8s
