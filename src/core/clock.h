// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

namespace cairn {

using std::chrono::milliseconds;

// Time as code sees it, so that tests can move it. Elapsed time and deadlines use `steady`; dates use `wall`.
class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  using Wall = std::chrono::system_clock::time_point;

  virtual ~Clock() = default;
  virtual Steady steady() const = 0;
  virtual Wall wall() const = 0;
  // Sleeps; throws reason::kCanceled as soon as `stop` is requested.
  virtual void sleep(milliseconds duration, const std::stop_token& stop) = 0;
};

// The machine's clock; lives for the whole program.
Clock& system_clock();

// Throws reason::kCanceled if a stop is requested.
void check_canceled(const std::stop_token& stop);

// The time that outputs carry: SOURCE_DATE_EPOCH (seconds, reproducible-builds.org specification) if set, else
// `otherwise`. Throws reason::kUsage when the variable is not a number.
std::int64_t source_date_epoch(std::int64_t otherwise);

}  // namespace cairn
