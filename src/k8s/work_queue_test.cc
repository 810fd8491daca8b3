// SPDX-License-Identifier: Apache-2.0
#include "k8s/work_queue.h"

#include "support/fake_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cairn::k8s {
namespace {

using Urgency = WorkQueue::Urgency;

class Queue : public ::testing::Test {
 protected:
  static NamespacedName key(std::string name) { return {"n", std::move(name)}; }
  std::string next() {
    const auto taken = queue.try_take();
    return taken ? taken->name : "";
  }

  testing::FakeClock clock;
  Metrics metrics;
  WorkQueue queue{"boxes", {}, clock, metrics};
};

TEST_F(Queue, AKeyWaitsOnce) {
  queue.add(key("a"));
  queue.add(key("b"));
  queue.add(key("a"));
  EXPECT_EQ(queue.waiting(), 2U);
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "b");
  EXPECT_EQ(next(), "");
}

TEST_F(Queue, AKeyThatIsAddedWhileItIsWorkedOnComesAgainAfterwards) {
  queue.add(key("a"));
  EXPECT_EQ(next(), "a");
  queue.add(key("a"));
  queue.add(key("a"));
  EXPECT_EQ(next(), "");
  queue.done(key("a"));
  EXPECT_EQ(next(), "a");
  queue.done(key("a"));
  EXPECT_EQ(next(), "");
}

TEST_F(Queue, DelaysTheEarliestWins) {
  queue.add_after(key("a"), milliseconds(1000));
  queue.add_after(key("a"), milliseconds(100));
  queue.add_after(key("a"), milliseconds(5000));
  EXPECT_EQ(next(), "");
  clock.advance(milliseconds(100));
  EXPECT_EQ(next(), "a");
  queue.done(key("a"));
  clock.advance(milliseconds(10'000));
  EXPECT_EQ(next(), "");
}

TEST_F(Queue, FailuresWaitTwiceAsLongEachTime) {
  for (const int wait : {5, 10, 20, 40}) {
    queue.add_failed(key("a"));
    clock.advance(milliseconds(wait - 1));
    EXPECT_EQ(next(), "");
    clock.advance(milliseconds(1));
    EXPECT_EQ(next(), "a");
    queue.done(key("a"));
  }
  for (int i = 0; i < 40; ++i) queue.add_failed(key("a"));  // no overflow
  EXPECT_EQ(queue.failures(key("a")), 44);
  queue.forget(key("a"));
  EXPECT_EQ(queue.failures(key("a")), 0);
}

TEST_F(Queue, ManyFailuresShareABucket) {
  for (int i = 0; i < 150; ++i) queue.add_failed(key(std::to_string(i)));
  clock.advance(milliseconds(5));
  int ready = 0;
  while (!next().empty()) ++ready;
  EXPECT_EQ(ready, 100);  // the burst
  clock.advance(milliseconds(1000));
  while (!next().empty()) ++ready;
  EXPECT_NEAR(ready, 110, 1);  // 10 a second
}

TEST_F(Queue, WhatIsNewGoesBeforeAFirstList) {
  for (int i = 0; i < 5; ++i) queue.add(key(std::to_string(i)), Urgency::background);
  queue.add(key("new"));
  queue.add(key("3"));  // promoted
  EXPECT_EQ(next(), "new");
  EXPECT_EQ(next(), "3");
  EXPECT_EQ(next(), "0");
  queue.add(key("3"), Urgency::background);  // with a worker, and its old place still in the list
  EXPECT_EQ(next(), "1");
  EXPECT_EQ(next(), "2");
  EXPECT_EQ(next(), "4");
  EXPECT_EQ(next(), "");
  queue.done(key("3"));
  EXPECT_EQ(next(), "3");
}

TEST_F(Queue, TakeWakesUpForKeysDelaysAndTheStop) {
  WorkQueue real("real", {}, system_clock(), metrics);
  std::stop_source stop;
  std::mutex mutex;
  std::vector<std::string> taken;
  std::jthread worker([&] {
    while (const auto got = real.take(stop.get_token())) {
      const std::scoped_lock lock(mutex);
      taken.push_back(got->name);
      real.done(*got);
    }
  });
  const auto wait_for = [&](std::size_t count) {
    for (int i = 0; i < 2000; ++i) {
      {
        const std::scoped_lock lock(mutex);
        if (taken.size() >= count) return true;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  };
  real.add_after(key("late"), milliseconds(300'000));
  real.add_after(key("soon"), milliseconds(20));
  EXPECT_TRUE(wait_for(1));
  real.add(key("now"));
  EXPECT_TRUE(wait_for(2));
  stop.request_stop();
  worker.join();
  EXPECT_THAT(taken, ::testing::ElementsAre("soon", "now"));
}

TEST_F(Queue, NeverTwiceAtOnce) {
  WorkQueue real("real", {}, system_clock(), metrics);
  std::stop_source stop;
  std::array<std::atomic<int>, 4> working{};
  std::atomic<int> clashes = 0;
  std::atomic<int> done = 0;
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      while (const auto got = real.take(stop.get_token())) {
        auto& slot = working[static_cast<std::size_t>(got->name[0] - '0')];
        if (++slot > 1) ++clashes;
        std::this_thread::yield();
        --slot;
        real.done(*got);
        ++done;
      }
    });
  }
  for (int i = 0; i < 20'000; ++i) real.add(key(std::to_string(i % 4)));
  while (real.waiting() > 0) std::this_thread::sleep_for(milliseconds(1));
  stop.request_stop();
  workers.clear();
  EXPECT_EQ(clashes, 0);
  EXPECT_GT(done, 0);
}

TEST_F(Queue, Metrics) {
  queue.add(key("a"));
  queue.add(key("b"));
  next();
  clock.advance(milliseconds(2000));
  const std::string text = metrics.expose();
  for (const char* line :
       {"workqueue_depth{name=\"boxes\",controller=\"boxes\"} 1\n",
        "workqueue_adds_total{name=\"boxes\",controller=\"boxes\"} 2\n",
        "workqueue_unfinished_work_seconds{name=\"boxes\",controller=\"boxes\"} 2\n",
        "workqueue_longest_running_processor_seconds{name=\"boxes\",controller=\"boxes\"} 2\n",
        "workqueue_queue_duration_seconds_bucket{name=\"boxes\",controller=\"boxes\",le=\"+Inf\"} 1\n"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  }
}

}  // namespace
}  // namespace cairn::k8s
