// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of URLs, connections and HTTP.
namespace cairn::net::reason {

inline constexpr Reason kBadUrl{"CRN-NET-001", ErrorKind::invalid, "a URL is malformed or of an unknown kind",
                                "Write http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH, without a user name."};
inline constexpr Reason kConnect{"CRN-NET-002", ErrorKind::unavailable, "a server cannot be reached",
                                 "Check the name and port of the server, the network and the proxy settings."};
inline constexpr Reason kTls{"CRN-NET-003", ErrorKind::denied, "a TLS connection cannot be trusted or set up",
                             "Give the certificate authority of the server with --ca-file."};
inline constexpr Reason kHttpProtocol{"CRN-NET-004", ErrorKind::unavailable,
                                      "a server's answer breaks the rules of HTTP",
                                      "Check that the address and port belong to an HTTP server."};
inline constexpr Reason kTooManyRedirects{"CRN-NET-005", ErrorKind::unavailable, "a server redirects without end",
                                          "Check the address; the server's redirects may form a loop."};
inline constexpr Reason kHttpStatus{"CRN-NET-006", ErrorKind::unavailable, "a server answered with an error",
                                    "Read the status in the message; the server's log may say more."};
inline constexpr Reason kHttpDenied{"CRN-NET-007", ErrorKind::denied, "a server refuses access",
                                    "Log in with an account that may read and write there."};
inline constexpr Reason kHttpNotFound{"CRN-NET-008", ErrorKind::not_found, "a server does not have what was asked for",
                                      "Check the name and its spelling."};
inline constexpr Reason kConnectionLost{"CRN-NET-009", ErrorKind::unavailable, "a connection was cut",
                                        "Try again; if it repeats, look at the network and the server's log."};
inline constexpr Reason kProxy{"CRN-NET-010", ErrorKind::unavailable, "a proxy cannot be used or refuses",
                               "Check http_proxy, https_proxy, all_proxy and no_proxy in the environment."};
inline constexpr Reason kInsecureRedirect{"CRN-NET-011", ErrorKind::denied,
                                          "a server redirects from https to plain http",
                                          "Correct the server: what was asked by https must not come by http."};
inline constexpr Reason kBadRequest{"CRN-NET-012", ErrorKind::invalid, "a request cannot be written as HTTP",
                                    "Remove control characters from names, values and credentials."};
inline constexpr Reason kChanged{"CRN-NET-013", ErrorKind::conflict, "what is being downloaded changed on the server",
                                 "Start the download again."};
inline constexpr Reason kListen{"CRN-NET-014", ErrorKind::conflict, "an address cannot be listened on",
                                "Choose an address of this machine and a port that no other program uses."};

inline constexpr Reason kCertificate{
    "CRN-NET-015", ErrorKind::invalid, "a certificate, a key or a request for a certificate cannot be used",
    "Make the key and the request anew; an authority needs its own certificate and key."};

inline constexpr const Reason* kNet[] = {
    &kBadUrl,           &kConnect,    &kTls,          &kHttpProtocol,   &kTooManyRedirects,
    &kHttpStatus,       &kHttpDenied, &kHttpNotFound, &kConnectionLost, &kProxy,
    &kInsecureRedirect, &kBadRequest, &kChanged,      &kListen,         &kCertificate,
};

}  // namespace cairn::net::reason
