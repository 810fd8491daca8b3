// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <memory>

namespace cairn::archive {

// Reads `inner` on a thread of its own into a small ring of buffers, so that decoding overlaps with what the caller
// does. Errors of `inner` come out of read() in their place. Small reads are cheap: they come from a buffer.
// Destroying the result waits for the read of `inner` that is under way.
std::unique_ptr<Source> make_read_ahead(std::unique_ptr<Source> inner, std::size_t buffer_size = 256 * 1024,
                                        std::size_t buffers = 4);

}  // namespace cairn::archive
