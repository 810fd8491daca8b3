// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object/kind.h"

namespace cairn::k8s {

// coordination.k8s.io/v1 Lease.
struct LeaseSpec {
  std::string holder_identity;
  std::int32_t lease_duration_seconds = 0;
  std::optional<object::MicroTime> acquire_time;
  std::optional<object::MicroTime> renew_time;
  std::int32_t lease_transitions = 0;
  object::Unknown unknown;

  bool operator==(const LeaseSpec&) const = default;
  static const object::Fields<LeaseSpec>& fields();
};

struct Lease {
  object::ObjectMeta metadata;
  LeaseSpec spec;
  object::Unknown unknown;

  bool operator==(const Lease&) const = default;
  static const object::Kind& kind();
  static const object::Fields<Lease>& fields();
};

}  // namespace cairn::k8s
