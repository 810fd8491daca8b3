// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/forwarding_effects.h"

namespace cairn::testing {

// The real effects, except that no file system is frozen: a test's directory lies on one that others use.
class UnfrozenEffects : public ForwardingEffects {
 public:
  UnfrozenEffects() : ForwardingEffects(system_effects()) {}
  void settle_filesystem(const Path&) override { ++settled; }

  int settled = 0;
};

}  // namespace cairn::testing
