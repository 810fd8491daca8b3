// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of cloud-config: documents, their steps, and what the steps touch.
namespace cairn::stage::reason {

inline constexpr Reason kBadConfig{
    "CRN-STG-001", ErrorKind::invalid, "a cloud-config document says something that can't be meant",
    "Correct the document at the place named; `cairn stage lint FILE` shows all there is to correct."};
inline constexpr Reason kRefused{
    "CRN-STG-002", ErrorKind::unsupported, "a cloud-config document asks for what Cairn does not do",
    "Remove the key, and do it as the message says; docs/formats/cloud-config.md lists what is refused."};
inline constexpr Reason kBadTemplate{"CRN-STG-003", ErrorKind::invalid, "a template in a cloud-config can't be used",
                                     "Correct the template; a literal {{ is written as {{ \"{{\" }}."};
inline constexpr Reason kBadOrder{"CRN-STG-004", ErrorKind::invalid,
                                  "a step waits for one that there is not, or that waits for it",
                                  "Correct `after`; `cairn stage run NAME --dry-run` shows the names and the order."};
inline constexpr Reason kNoAccount{"CRN-STG-005", ErrorKind::not_found, "there is no such user or group",
                                   "Create it by `users` or `ensure_entities` in this step or an earlier one."};
inline constexpr Reason kAccountsBusy{"CRN-STG-006", ErrorKind::conflict,
                                      "somebody else changes the files of users and groups",
                                      "Wait until passwd, useradd or vipw has ended, and try again."};
inline constexpr Reason kBadKernelWord{"CRN-STG-007", ErrorKind::invalid,
                                       "a kernel word that holds cloud-config is malformed",
                                       "Correct the kernel command line; docs/formats/cloud-config.md has the form."};
inline constexpr Reason kDatasource{"CRN-STG-008", ErrorKind::unavailable, "user data can't be taken from where it is",
                                    "Look at the cause in the message; the volume or the server may be damaged."};
inline constexpr Reason kInTheWay{"CRN-STG-009", ErrorKind::conflict, "something of another kind is at a path",
                                  "Remove it, or choose another path."};

inline constexpr const Reason* kStage[] = {
    &kBadConfig,    &kRefused,       &kBadTemplate, &kBadOrder, &kNoAccount,
    &kAccountsBusy, &kBadKernelWord, &kDatasource,  &kInTheWay,
};

}  // namespace cairn::stage::reason
