// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of what manages a fleet.
namespace cairn::fleet::reason {

inline constexpr Reason kBadChannel{"CRN-OPR-001", ErrorKind::invalid, "a channel cannot be used as it is written",
                                    "Correct the field that the message names."};
inline constexpr Reason kBadVersions{"CRN-OPR-002", ErrorKind::unavailable,
                                     "what a channel gave is no list of versions",
                                     "Check that the address is that of a channel's JSON document."};
inline constexpr Reason kForeignVersion{"CRN-OPR-003", ErrorKind::conflict,
                                        "a version belongs to somebody else already",
                                        "Rename the version in one of the channels, or delete the other object."};
inline constexpr Reason kBadServerUrl{"CRN-OPR-004", ErrorKind::invalid,
                                      "the address that machines use for the operator is malformed",
                                      "Give --server-url (serverURL of the chart) as https://HOST[:PORT]."};

inline constexpr const Reason* kOperator[] = {&kBadChannel, &kBadVersions, &kForeignVersion, &kBadServerUrl};

}  // namespace cairn::fleet::reason
