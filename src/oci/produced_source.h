// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <functional>
#include <memory>

namespace cairn::oci {

// What `produce` writes, as a source: it runs on a thread of its own, never more than `ahead` bytes in front of the
// reader. Its errors come out of read(). Destroying the source before the end makes its next write throw kCanceled and
// waits for it to return.
std::unique_ptr<Source> make_produced_source(std::function<void(Sink&)> produce, std::size_t ahead = 1 << 20);

}  // namespace cairn::oci
