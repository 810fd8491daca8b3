// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of TPMs and of the proofs that come from them.
namespace cairn::attest::reason {

inline constexpr Reason kNoTpm{
    "CRN-TPM-001", ErrorKind::unsupported, "this machine has no TPM 2.0 that can be used",
    "Turn the TPM on in the firmware; a machine without one needs a registration that allows it."};
inline constexpr Reason kDevice{"CRN-TPM-002", ErrorKind::unavailable, "a TPM does not answer as a TPM should",
                                "Turn the machine off and on; if it repeats, the TPM or its driver is defective."};
inline constexpr Reason kRefused{"CRN-TPM-003", ErrorKind::unavailable, "a TPM refused a command",
                                 "Read the code in the message; a TPM with passwords must be cleared in the firmware."};
inline constexpr Reason kLocked{"CRN-TPM-004", ErrorKind::denied, "a TPM is locked against guessing",
                                "Wait until it unlocks by itself, or clear the TPM in the firmware."};
inline constexpr Reason kBadStructure{"CRN-TPM-005", ErrorKind::invalid, "a TPM structure is malformed",
                                      "Check what made it; its bytes are damaged or meant to deceive."};
inline constexpr Reason kUnsupportedKey{"CRN-TPM-006", ErrorKind::unsupported,
                                        "a TPM key is of a kind that is not supported",
                                        "Use RSA keys of 2048 to 4096 bits with SHA-256."};
inline constexpr Reason kBadAttestation{"CRN-TPM-007", ErrorKind::invalid, "an attestation document is malformed",
                                        "Register with `cairn register` or a current elemental-register."};
inline constexpr Reason kUnprovenKey{"CRN-TPM-008", ErrorKind::denied, "an attestation key is not proven to be a TPM's",
                                     "Don't trust the machine until it is known why."};
inline constexpr Reason kUntrustedEk{
    "CRN-TPM-009", ErrorKind::denied, "no authority that is trusted vouches for a TPM's endorsement key",
    "Add the TPM vendor's certificates to the pool of EK authorities, or approve the machine."};
inline constexpr Reason kBadEk{"CRN-TPM-010", ErrorKind::invalid, "an endorsement key or its certificate is malformed",
                               "Check what the TPM holds at NV index 0x01c00002."};
inline constexpr Reason kWrongAnswer{"CRN-TPM-011", ErrorKind::denied, "a machine did not prove that it has its TPM",
                                     "Don't trust the machine until it is known why."};
inline constexpr Reason kBadQuote{"CRN-TPM-012", ErrorKind::denied, "a quote is not what was asked for",
                                  "Don't trust the machine until it is known why."};

inline constexpr const Reason* kAttest[] = {
    &kNoTpm,          &kDevice,      &kRefused,     &kLocked, &kBadStructure, &kUnsupportedKey,
    &kBadAttestation, &kUnprovenKey, &kUntrustedEk, &kBadEk,  &kWrongAnswer,  &kBadQuote,
};

}  // namespace cairn::attest::reason
