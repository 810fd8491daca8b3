// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "core/json.h"

#include <string_view>

namespace cairn::k8s {

// The error that an API server tells by a document of kind Status (metav1.Status), or by the HTTP status alone where
// the body is none. `doing` says what was asked for: "get MachineInventory fleet/m-1".
Error make_status_error(int http_status, std::string_view body, std::string_view doing);
// Of the object of a watch event ERROR.
Error make_status_error(const json::value& status, std::string_view doing);

}  // namespace cairn::k8s
