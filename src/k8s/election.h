// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/client.h"
#include "k8s/leases.h"

#include <atomic>

namespace cairn::k8s {

struct ElectionOptions {
  NamespacedName lease;
  std::string identity;                 // different in each process: host name and a random part
  milliseconds lease_duration{15'000};  // others take over this long after the last renewal they saw
  milliseconds renew_deadline{10'000};  // the holder gives up this long after its last renewal
  milliseconds retry{2'000};
};

// Lets one of several processes lead, by a Lease. Times of other machines are never compared with ours: what counts is
// how long ago, by our steady clock, we saw the Lease change.
// There is no fence in Kubernetes: a leader that was paused may still send one request. So holds() is asked before what
// cannot be undone, and writes carry a resource version.
class Election {
 public:
  // `client` should answer or fail within the renew deadline; it and `clock` outlive the election.
  Election(Client& client, ElectionOptions options, Clock& clock);

  // Waits until we lead. Throws kCanceled.
  void acquire(const std::stop_token& stop);
  // Renews until stop is requested or the lease is lost: throws reason::kLeaseLost then.
  void renew(const std::stop_token& stop);
  // Gives the lease away, so that another process need not wait for its end. Failures are ignored: it ends by itself.
  void release();

  // Whether we lead, by our own clock: also false when renewing is overdue.
  bool holds() const;
  // One try to take or keep the lease; whether we hold it now. Throws what the client throws.
  bool try_once(const std::stop_token& stop);

 private:
  void write(Lease lease, const std::stop_token& stop);

  Client& client_;
  const ElectionOptions options_;
  Clock& clock_;
  std::optional<Lease> seen_;
  Clock::Steady seen_at_;
  std::atomic<bool> holding_ = false;
  std::atomic<Clock::Steady> renewed_;
};

}  // namespace cairn::k8s
