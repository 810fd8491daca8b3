// SPDX-License-Identifier: Apache-2.0
#include "api/metadata.h"

#include "api/names.h"

namespace cairn::api {

const object::Fields<MetadataSpec>& MetadataSpec::fields() {
  static const object::Fields<MetadataSpec> table{
      {"appVersion", &MetadataSpec::app_version, "Version of the operator.", {.column = "Version"}},
      {"annotations", &MetadataSpec::annotations, "Facts about the operator."},
  };
  return table;
}

const object::Fields<MetadataStatus>& MetadataStatus::fields() {
  static const object::Fields<MetadataStatus> table{};
  return table;
}

const object::Kind& Metadata::kind() {
  static const object::Kind kind{.group = kElementalGroup,
                                 .version = kElementalVersion,
                                 .name = "Metadata",
                                 .plural = "metadata",
                                 .doc = "The operator's version, for user interfaces.",
                                 .categories = {kCategory},
                                 .status = object::Kind::Status::sub_resource};
  return kind;
}

const object::Fields<Metadata>& Metadata::fields() {
  static const object::Fields<Metadata> table{
      {"metadata", &Metadata::metadata, "Metadata."},
      {"spec", &Metadata::spec, "What is."},
      {"status", &Metadata::status, "Empty."},
  };
  return table;
}

}  // namespace cairn::api
