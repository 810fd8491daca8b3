// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/client.h"

namespace cairn::k8s {

// Puts our finalizer to an object before anything is made for it, or takes it away after that is gone. Only the
// finalizers are written, with the resource version as precondition, so that those of others are not lost: throws
// reason::kConflict if the object changed meanwhile. The metadata is brought up to date. False if nothing was to do; an
// object that is gone is done.
bool ensure_finalizer(Client& client, const Kind& kind, object::ObjectMeta& meta, std::string_view finalizer,
                      const std::stop_token& stop = {});
bool drop_finalizer(Client& client, const Kind& kind, object::ObjectMeta& meta, std::string_view finalizer,
                    const std::stop_token& stop = {});

}  // namespace cairn::k8s
