// SPDX-License-Identifier: Apache-2.0
#include "k8s/record.h"

namespace cairn::k8s {

const object::Fields<RecordMeta>& RecordMeta::fields() {
  static const object::Fields<RecordMeta> table{
      {"name", &RecordMeta::name, "Name."},
      {"namespace", &RecordMeta::name_space, "Namespace."},
      {"uid", &RecordMeta::uid, "Identity."},
      {"resourceVersion", &RecordMeta::resource_version, "Opaque version."},
      {"generation", &RecordMeta::generation, "Counts changes of the specification."},
      {"deletionTimestamp", &RecordMeta::deletion_timestamp, "When the deletion was asked for."},
      {"labels", &RecordMeta::labels, "Labels."},
      {"finalizers", &RecordMeta::finalizers, "Who must agree before the object goes."},
  };
  return table;
}

}  // namespace cairn::k8s
