// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/stream.h"

#include <memory>
#include <string>

struct XXH3_state_s;

namespace cairn::snapshot {

// XXH3-128 of bytes as they pass: as fast as memory, for finding what a disk changed, not what an enemy did.
class RunningXxh3 {
 public:
  RunningXxh3();
  void add(Bytes data);
  // Of all bytes so far, 32 hexadecimal digits.
  std::string hex() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace cairn::snapshot
