// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of objects as documents.
namespace cairn::object::reason {

inline constexpr Reason kBadObject{"CRN-OBJ-001", ErrorKind::invalid, "an object is not of the form of its kind",
                                   "Correct the field that the message names; docs/reference/ lists the fields."};
inline constexpr Reason kBadQuantity{"CRN-OBJ-002", ErrorKind::invalid, "a quantity cannot be read",
                                     "Write a number with a unit, such as 500m, 6Gi or 1e3."};
inline constexpr Reason kBadSelector{"CRN-OBJ-003", ErrorKind::invalid, "a label selector cannot be used",
                                     "Use the operators In, NotIn (with values), Exists, DoesNotExist (without)."};
inline constexpr Reason kOtherController{"CRN-OBJ-004", ErrorKind::conflict,
                                         "an object belongs to another controller already",
                                         "Remove the object's other owner, or choose another name."};

inline constexpr const Reason* kObject[] = {&kBadObject, &kBadQuantity, &kBadSelector, &kOtherController};

}  // namespace cairn::object::reason
