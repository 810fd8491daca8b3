// SPDX-License-Identifier: Apache-2.0
#include "oci/parallel.h"

#include "core/clock.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::oci {

void for_each_parallel(std::size_t count, unsigned threads, const std::stop_token& stop,
                       const std::function<void(std::size_t index, const std::stop_token& stop)>& task) {
  std::stop_source all;
  const std::stop_callback on_stop(stop, [&] { all.request_stop(); });
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  const auto work = [&] {
    try {
      for (std::size_t index = next++; index < count; index = next++) {
        check_canceled(all.get_token());
        task(index, all.get_token());
      }
    } catch (...) {  // root of a thread: carried to the caller below
      const std::scoped_lock lock(mutex);
      if (!first) first = std::current_exception();
      all.request_stop();
    }
  };
  {
    std::vector<std::jthread> crew;
    const std::size_t size = std::min<std::size_t>(std::max(threads, 1U), count);
    for (std::size_t i = 1; i < size; ++i) crew.emplace_back(work);
    if (count > 0) work();
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace cairn::oci
