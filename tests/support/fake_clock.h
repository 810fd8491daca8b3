// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"

#include <mutex>
#include <vector>

namespace cairn::testing {

// Time that passes only when somebody sleeps, and keeps a record of who slept how long. Thread-safe.
class FakeClock final : public Clock {
 public:
  // `now` is what wall() says at the beginning.
  explicit FakeClock(Wall now = Wall(std::chrono::seconds(1'700'000'000))) : wall_(now) {}

  Steady steady() const override {
    const std::scoped_lock lock(mutex_);
    return steady_;
  }
  Wall wall() const override {
    const std::scoped_lock lock(mutex_);
    return wall_;
  }
  void sleep(milliseconds duration, const std::stop_token& stop) override {
    check_canceled(stop);
    advance(duration);
    const std::scoped_lock lock(mutex_);
    sleeps_.push_back(duration);
  }

  void advance(milliseconds duration) {
    const std::scoped_lock lock(mutex_);
    steady_ += duration;
    wall_ += duration;
  }
  std::vector<milliseconds> sleeps() const {
    const std::scoped_lock lock(mutex_);
    return sleeps_;
  }

 private:
  mutable std::mutex mutex_;
  Steady steady_{std::chrono::hours(1)};
  Wall wall_;
  std::vector<milliseconds> sleeps_;
};

}  // namespace cairn::testing
