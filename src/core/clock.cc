// SPDX-License-Identifier: Apache-2.0
#include "core/clock.h"

#include "core/reasons.h"
#include "core/text.h"

#include <condition_variable>
#include <cstdlib>
#include <limits>
#include <mutex>

namespace cairn {
namespace {

class SystemClock final : public Clock {
 public:
  Steady steady() const override { return std::chrono::steady_clock::now(); }
  Wall wall() const override { return std::chrono::system_clock::now(); }
  void sleep(milliseconds duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any never_signalled;
    std::unique_lock lock(mutex);
    never_signalled.wait_for(lock, stop, duration, [] { return false; });
    check_canceled(stop);
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

void check_canceled(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(reason::kCanceled, "stopped on request");
}

std::int64_t source_date_epoch(std::int64_t otherwise) {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return otherwise;
  const auto seconds = parse_number(text);
  if (!seconds || *seconds > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw Error(reason::kUsage, "SOURCE_DATE_EPOCH is \"{}\", not a number of seconds", printable(text, 40))
        .set_remedy("Set SOURCE_DATE_EPOCH to seconds since 1970, or unset it.");
  }
  return static_cast<std::int64_t>(*seconds);
}

}  // namespace cairn
