// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of the registration of machines, as the server and the machine see them.
namespace cairn::enroll::reason {

inline constexpr Reason kUnknownRegistration{"CRN-REG-001", ErrorKind::not_found, "there is no such registration",
                                             "Take the registration URL anew from the MachineRegistration."};
inline constexpr Reason kBadMessage{"CRN-REG-002", ErrorKind::invalid, "a registration message is malformed",
                                    "Register with `cairn register` or a current elemental-register."};
inline constexpr Reason kOutOfOrder{"CRN-REG-003", ErrorKind::invalid, "a registration message comes out of order",
                                    "Register with `cairn register` or a current elemental-register."};
inline constexpr Reason kBudget{"CRN-REG-004", ErrorKind::invalid,
                                "a registration takes more bytes or time than allowed",
                                "Register again; if it repeats, send fewer labels or look at the network."};
inline constexpr Reason kTooOld{"CRN-REG-005", ErrorKind::unsupported, "the client speaks a protocol that is too old",
                                "Register with elemental-register 1.1.0 or later."};
inline constexpr Reason kNeedsTpm{
    "CRN-REG-006", ErrorKind::denied, "the registration admits only machines that prove a TPM",
    "Use a TPM 2.0, or allow other identities in the MachineRegistration (config.elemental.registration.auth)."};
inline constexpr Reason kNoEmulatedTpm{
    "CRN-REG-007", ErrorKind::denied, "the registration admits no emulated TPM",
    "Use the machine's own TPM, or set config.elemental.registration.emulate-tpm in the MachineRegistration."};
inline constexpr Reason kNotApproved{"CRN-REG-008", ErrorKind::unavailable, "the machine waits for approval",
                                     "Approve its MachineInventory; the machine asks again by itself."};
inline constexpr Reason kRevoked{"CRN-REG-009", ErrorKind::denied, "the machine's inventory is revoked",
                                 "Remove the revocation from the MachineInventory if the machine may come back."};
inline constexpr Reason kNotRegistered{"CRN-REG-010", ErrorKind::not_found, "the machine has no inventory",
                                       "Register the machine first, or restore its MachineInventory."};
inline constexpr Reason kRefusedByServer{"CRN-REG-011", ErrorKind::unavailable, "the registration server refused",
                                         "Read the server's message; its log may say more."};

inline constexpr const Reason* kEnroll[] = {
    &kUnknownRegistration, &kBadMessage,  &kOutOfOrder, &kBudget,        &kTooOld,          &kNeedsTpm,
    &kNoEmulatedTpm,       &kNotApproved, &kRevoked,    &kNotRegistered, &kRefusedByServer,
};

}  // namespace cairn::enroll::reason
