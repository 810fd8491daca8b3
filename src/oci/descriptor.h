// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "oci/manifest.h"

namespace cairn::oci {

// Parts that manifests and indexes share. Parsing throws at the member that is wrong.
Descriptor parse_descriptor(const JsonCursor& cursor);
Platform parse_platform(const JsonCursor& cursor);
Annotations parse_annotations(const JsonCursor& cursor);
// The member `annotations` of an object, which may be missing.
Annotations find_annotations(const JsonCursor& object);

json::object to_json(const Descriptor& descriptor);
json::object to_json(const Annotations& annotations);

}  // namespace cairn::oci
