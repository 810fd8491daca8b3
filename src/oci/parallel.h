// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace cairn::oci {

// Runs `task` for 0 to count - 1 on up to `threads` threads. The first exception stops the others (their stop token)
// and comes out when all have ended.
void for_each_parallel(std::size_t count, unsigned threads, const std::stop_token& stop,
                       const std::function<void(std::size_t index, const std::stop_token& stop)>& task);

}  // namespace cairn::oci
