// SPDX-License-Identifier: Apache-2.0
#include "k8s/election.h"

#include "core/log.h"
#include "core/random.h"
#include "core/reasons.h"
#include "k8s/reasons.h"

namespace cairn::k8s {
namespace {

// A little longer than `span`, so that those who wait do not try at the same time.
milliseconds jittered(milliseconds span) { return span + milliseconds(pick_random(0, span.count() / 5)); }

}  // namespace

Election::Election(Client& client, ElectionOptions options, Clock& clock)
    : client_(client), options_(std::move(options)), clock_(clock), renewed_(clock.steady()) {}

bool Election::holds() const { return holding_ && clock_.steady() - renewed_.load() < options_.renew_deadline; }

bool Election::try_once(const std::stop_token& stop) {
  auto found = client_.find<Lease>(options_.lease, stop);
  if (!found) {
    Lease fresh;
    fresh.metadata.name = options_.lease.name;
    fresh.metadata.name_space = options_.lease.name_space;
    write(std::move(fresh), stop);
    return true;
  }
  if (!seen_ || *seen_ != *found) {
    seen_ = *found;
    seen_at_ = clock_.steady();
  }
  const std::string& holder = found->spec.holder_identity;
  if (!holder.empty() && holder != options_.identity) {
    holding_ = false;
    // The holder's own word on how long its renewals last, within reason.
    const milliseconds theirs = std::chrono::seconds(found->spec.lease_duration_seconds);
    const milliseconds wait = std::clamp(theirs, options_.lease_duration, 10 * options_.lease_duration);
    if (clock_.steady() - seen_at_ < wait) return false;
  }
  write(*std::move(found), stop);
  return true;
}

void Election::write(Lease lease, const std::stop_token& stop) {
  const auto before = clock_.steady();  // the others count from their sight of it, which is later
  const object::MicroTime now(clock_.wall());
  if (lease.spec.holder_identity != options_.identity) {
    lease.spec.acquire_time = now;
    if (!lease.metadata.resource_version.empty()) ++lease.spec.lease_transitions;
  }
  lease.spec.holder_identity = options_.identity;
  lease.spec.lease_duration_seconds =
      static_cast<std::int32_t>(std::chrono::ceil<std::chrono::seconds>(options_.lease_duration).count());
  lease.spec.renew_time = now;
  const bool is_new = lease.metadata.resource_version.empty();
  seen_ = is_new ? client_.create(lease, stop) : client_.update(lease, {}, stop);
  seen_at_ = clock_.steady();
  renewed_ = before;
  holding_ = true;
}

void Election::acquire(const std::stop_token& stop) {
  while (true) {
    check_canceled(stop);
    try {
      if (try_once(stop)) break;
    } catch (const Error& error) {  // recovers a server that does not answer, and others who were faster
      check_canceled(stop);
      log::debug("the lease cannot be taken", {{"error", error.what()}});
    }
    clock_.sleep(jittered(options_.retry), stop);
  }
  log::info("leading", {{"lease", options_.lease.to_text()}, {"identity", options_.identity}});
}

void Election::renew(const std::stop_token& stop) {
  std::string last = "it was not renewed in time";
  while (true) {
    clock_.sleep(options_.retry, stop);
    try {
      if (!try_once(stop)) {
        throw Error(reason::kLeaseLost, "{} is held by {}", options_.lease.to_text(), seen_->spec.holder_identity);
      }
      continue;
    } catch (const Error& error) {  // recovers failures while the deadline has not passed
      check_canceled(stop);
      if (error.is(reason::kLeaseLost)) {
        holding_ = false;
        throw;
      }
      last = error.what();
    }
    if (holds()) continue;
    holding_ = false;
    throw Error(reason::kLeaseLost, "{} was not renewed for {} s: {}", options_.lease.to_text(),
                std::chrono::duration_cast<std::chrono::seconds>(options_.renew_deadline).count(), last);
  }
}

void Election::release() {
  if (!holding_ || !seen_) return;
  holding_ = false;
  try {
    Lease lease = *seen_;
    lease.spec.holder_identity.clear();
    lease.spec.renew_time = object::MicroTime(clock_.wall());
    lease.spec.lease_duration_seconds = 1;
    client_.update(lease);
  } catch (const Error& error) {  // recovers nothing: the lease ends by itself
    log::debug("the lease was not given away", {{"error", error.what()}});
  }
}

}  // namespace cairn::k8s
