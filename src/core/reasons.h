// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"

// Failures of files, processes and documents that any module may meet.
namespace cairn::reason {

inline constexpr Reason kUsage{"CRN-CLI-001", ErrorKind::invalid, "the command line is not understood",
                               "Run the command with --help."};
inline constexpr Reason kCanceled{"CRN-SYS-001", ErrorKind::canceled, "stopped on request",
                                  "Run the command again; finished parts are kept in the cache."};
inline constexpr Reason kNotFound{"CRN-SYS-002", ErrorKind::not_found, "a file or directory does not exist",
                                  "Check the path."};
inline constexpr Reason kDenied{"CRN-SYS-003", ErrorKind::denied, "the system refused access",
                                "Check owner and mode of the path, or run as a user who may access it."};
inline constexpr Reason kNoSpace{"CRN-SYS-004", ErrorKind::no_space, "no space is left on the file system",
                                 "Free space on that file system, or choose another with more room."};
inline constexpr Reason kExists{"CRN-SYS-005", ErrorKind::conflict, "the path exists already or is busy",
                                "Remove it, or choose another path."};
inline constexpr Reason kReadOnly{"CRN-SYS-006", ErrorKind::denied, "the file system is read-only",
                                  "Choose a path on a writable file system."};
inline constexpr Reason kSystem{"CRN-SYS-007", ErrorKind::unavailable, "the system refused an operation",
                                "Look at the cause in the message; the kernel log may say more."};
inline constexpr Reason kTimedOut{"CRN-SYS-008", ErrorKind::timed_out, "an operation took longer than allowed",
                                  "Try again; if it stays slow, look at the load of the machine."};
inline constexpr Reason kTooLarge{"CRN-SYS-009", ErrorKind::invalid, "a document is larger than its bound",
                                  "Give a smaller document."};
inline constexpr Reason kToolMissing{"CRN-TOOL-001", ErrorKind::unsupported,
                                     "a program that is needed is not installed",
                                     "Install the program that the message names."};
inline constexpr Reason kToolFailed{"CRN-TOOL-002", ErrorKind::unavailable, "a program ended with an error",
                                    "Read the program's last lines in the message."};
inline constexpr Reason kBadJson{"CRN-DOC-001", ErrorKind::invalid, "a JSON document is malformed",
                                 "Correct the document at the place named."};
inline constexpr Reason kBadDigest{"CRN-DOC-002", ErrorKind::invalid, "a digest is malformed",
                                   "Write digests as sha256:<64 lower-case hexadecimal digits>."};
inline constexpr Reason kDigestMismatch{"CRN-DOC-003", ErrorKind::corrupt, "bytes differ from their digest or size",
                                        "Get the data again; if it repeats, the source is damaged."};
inline constexpr Reason kInternal{"CRN-INT-001", ErrorKind::internal, "a defect of Cairn",
                                  "Report it with the full message and `cairn version`."};
inline constexpr Reason kBadYaml{"CRN-DOC-004", ErrorKind::invalid, "a YAML document is malformed",
                                 "Correct the document at the line and column named."};

inline constexpr const Reason* kCore[] = {
    &kUsage,    &kCanceled,  &kNotFound,       &kDenied,   &kNoSpace,     &kExists,
    &kReadOnly, &kSystem,    &kTimedOut,       &kTooLarge, &kToolMissing, &kToolFailed,
    &kBadJson,  &kBadDigest, &kDigestMismatch, &kInternal, &kBadYaml,
};

}  // namespace cairn::reason
