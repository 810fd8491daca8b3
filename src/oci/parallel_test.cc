// SPDX-License-Identifier: Apache-2.0
#include "oci/parallel.h"

#include "core/error.h"
#include "core/reasons.h"
#include "oci/produced_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

namespace cairn::oci {
namespace {

TEST(Parallel, RunsEachTaskOnce) {
  for (const unsigned threads : {0U, 1U, 3U, 100U}) {
    std::vector<std::atomic<int>> runs(50);
    for_each_parallel(runs.size(), threads, {}, [&](std::size_t i, const std::stop_token&) { ++runs[i]; });
    for (const auto& count : runs) EXPECT_EQ(count, 1);
  }
  for_each_parallel(0, 4, {}, [](std::size_t, const std::stop_token&) { FAIL(); });
}

TEST(Parallel, StopsTheOthersWhenOneFailsAndSaysItsError) {
  try {
    for_each_parallel(2, 2, {}, [](std::size_t i, const std::stop_token& stop) {
      if (i == 0) throw Error(reason::kSystem, "the first");
      while (!stop.stop_requested()) std::this_thread::yield();
      throw Error(reason::kCanceled, "the second");
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the first");
  }
}

TEST(Parallel, StopsWhenAsked) {
  std::stop_source stop;
  std::atomic<int> runs{0};
  EXPECT_THROW(for_each_parallel(100, 2, stop.get_token(),
                                 [&](std::size_t, const std::stop_token&) {
                                   ++runs;
                                   stop.request_stop();
                                 }),
               Error);
  EXPECT_LE(runs, 2);
}

TEST(ProducedSource, GivesWhatIsWrittenAndThenTheError) {
  const auto source = make_produced_source(
      [](Sink& out) {
        for (int i = 0; i < 1000; ++i) out.write(as_bytes("0123456789"));
        throw Error(reason::kSystem, "it broke");
      },
      64);
  std::string text(10'000, '\0');
  EXPECT_EQ(read_full(*source, std::as_writable_bytes(std::span(text))), 10'000U);
  EXPECT_EQ(text.substr(9990), "0123456789");
  std::array<std::byte, 1> more;
  EXPECT_THROW(source->read(more), Error);
}

}  // namespace
}  // namespace cairn::oci
