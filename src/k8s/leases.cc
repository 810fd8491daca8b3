// SPDX-License-Identifier: Apache-2.0
#include "k8s/leases.h"

namespace cairn::k8s {

const object::Fields<LeaseSpec>& LeaseSpec::fields() {
  static const object::Fields<LeaseSpec> table{
      {"holderIdentity", &LeaseSpec::holder_identity, "Who leads; empty: nobody."},
      {"leaseDurationSeconds", &LeaseSpec::lease_duration_seconds, "How long others wait after the last renewal."},
      {"acquireTime", &LeaseSpec::acquire_time, "When the holder took it."},
      {"renewTime", &LeaseSpec::renew_time, "When the holder last renewed it."},
      {"leaseTransitions", &LeaseSpec::lease_transitions, "How often it changed hands."},
  };
  return table;
}

const object::Kind& Lease::kind() {
  static const object::Kind kind{.group = "coordination.k8s.io", .version = "v1", .name = "Lease", .plural = "leases"};
  return kind;
}

const object::Fields<Lease>& Lease::fields() {
  static const object::Fields<Lease> table{
      {"metadata", &Lease::metadata, "Metadata."},
      {"spec", &Lease::spec, "Who holds it.", {.required = true}},
  };
  return table;
}

}  // namespace cairn::k8s
