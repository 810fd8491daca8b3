// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/kind.h"

#include <string>

namespace cairn::api {

struct MetadataSpec {
  std::string app_version;
  object::Labels annotations;
  object::Unknown unknown;

  bool operator==(const MetadataSpec&) const = default;
  static const object::Fields<MetadataSpec>& fields();
};

struct MetadataStatus {
  object::Unknown unknown;

  bool operator==(const MetadataStatus&) const = default;
  static const object::Fields<MetadataStatus>& fields();
};

// What Elemental's user interface asks for the operator's version; the chart makes one. Nobody acts on it.
struct Metadata {
  object::ObjectMeta metadata;
  MetadataSpec spec;
  MetadataStatus status;
  object::Unknown unknown;

  bool operator==(const Metadata&) const = default;
  static const object::Kind& kind();
  static const object::Fields<Metadata>& fields();
};

}  // namespace cairn::api
