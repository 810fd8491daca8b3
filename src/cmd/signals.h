// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

namespace cairn::cmd {

// From now on the first SIGINT, SIGTERM or SIGHUP asks the returned token to stop, so that everything is cleaned up
// on the way out; a second one ends the process at once. Call before any other thread is started.
std::stop_token stop_on_signals();

}  // namespace cairn::cmd
