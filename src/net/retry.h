// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http_client.h"

namespace cairn::net {

// Whether to ask again may help: after this status, after this error.
bool is_passing(int status);
bool is_passing(const Error& error);

// The time that a response asks to wait, from Retry-After as seconds or as a date (RFC 9110 section 10.2.3).
std::optional<milliseconds> find_retry_after(const Headers& headers, Clock::Wall now);

// How long to wait after the `failures`-th failure (from 1) in a row: a random time up to first * 2^(failures - 1), at
// most `most`, so that clients that failed together do not come back together; at least what the server asked for, up
// to the policy's bound.
milliseconds make_pause(const RetryPolicy& policy, int failures, std::optional<milliseconds> retry_after);

}  // namespace cairn::net
