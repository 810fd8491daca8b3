// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures between a program of ours and an API server.
namespace cairn::k8s::reason {

inline constexpr Reason kNoConfig{"CRN-K8S-001", ErrorKind::not_found, "nothing says which API server to use",
                                  "Set KUBECONFIG, give --kubeconfig, or run inside a cluster with a ServiceAccount."};
inline constexpr Reason kBadConfig{"CRN-K8S-002", ErrorKind::invalid, "a kubeconfig cannot be used",
                                   "Correct the entry that the message names."};
inline constexpr Reason kPluginRefused{"CRN-K8S-003", ErrorKind::unsupported,
                                       "a kubeconfig wants a program to be run for credentials",
                                       "Use a token or a client certificate; programs named in a file are not run."};
inline constexpr Reason kNotFound{"CRN-K8S-004", ErrorKind::not_found, "an object or its kind does not exist",
                                  "Check name and namespace, and that the definitions of the kinds are installed."};
inline constexpr Reason kAlreadyExists{"CRN-K8S-005", ErrorKind::conflict, "an object of this name exists already",
                                       "Choose another name, or remove the object."};
inline constexpr Reason kConflict{"CRN-K8S-006", ErrorKind::conflict, "an object was changed by somebody else",
                                  "Read the object again and repeat the change."};
inline constexpr Reason kExpired{"CRN-K8S-007", ErrorKind::unavailable, "a resource version is too old",
                                 "List again; the API server forgets old versions."};
inline constexpr Reason kForbidden{"CRN-K8S-008", ErrorKind::denied, "the API server does not allow it",
                                   "Give the account of the program the role that the message names."};
inline constexpr Reason kUnauthorized{"CRN-K8S-009", ErrorKind::denied, "the API server does not know the credentials",
                                      "Renew the token or the client certificate."};
inline constexpr Reason kInvalid{"CRN-K8S-010", ErrorKind::invalid, "the API server refuses the object",
                                 "Correct the fields that the message names."};
inline constexpr Reason kBusy{"CRN-K8S-011", ErrorKind::unavailable, "the API server is busy",
                              "Wait; the program tries again by itself."};
inline constexpr Reason kServerError{"CRN-K8S-012", ErrorKind::unavailable, "the API server failed",
                                     "Look at the API server's log."};
inline constexpr Reason kServerTimeout{"CRN-K8S-013", ErrorKind::timed_out, "the API server did not finish in time",
                                       "Wait; the program tries again by itself."};
inline constexpr Reason kBadAnswer{"CRN-K8S-014", ErrorKind::unavailable, "an answer is not what an API server says",
                                   "Check that the address belongs to a Kubernetes API server."};
inline constexpr Reason kLeaseLost{"CRN-K8S-015", ErrorKind::unavailable, "the lease of the leader was lost",
                                   "Nothing: another replica leads, this one starts again and waits."};
inline constexpr Reason kNotSynced{"CRN-K8S-016", ErrorKind::timed_out, "the first list of a kind did not come",
                                   "Check that the kind's definition is installed and that the account may list it."};

inline constexpr const Reason* kK8s[] = {
    &kNoConfig,     &kBadConfig, &kPluginRefused, &kNotFound,    &kAlreadyExists, &kConflict,  &kExpired,   &kForbidden,
    &kUnauthorized, &kInvalid,   &kBusy,          &kServerError, &kServerTimeout, &kBadAnswer, &kLeaseLost, &kNotSynced,
};

}  // namespace cairn::k8s::reason
