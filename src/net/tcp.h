// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/byte_stream.h"

#include <cstdint>
#include <string>

namespace cairn::net {

// Resolves `host` and connects to the first of its addresses that answers; a new address is tried each 250 ms while the
// others go on (RFC 8305). The socket is non-blocking, close-on-exec, without delay.
// Throws reason::kConnect naming host, port and cause; kTimedOut, kCanceled.
UniqueFd connect_tcp(const std::string& host, std::uint16_t port, const Patience& patience);

}  // namespace cairn::net
