// SPDX-License-Identifier: Apache-2.0
#include "k8s/controller.h"

#include "core/reasons.h"
#include "k8s/reasons.h"
#include "support/kube_fixture.h"

#include <gmock/gmock.h>

#include <thread>

namespace cairn::k8s {
namespace {

using cairn::testing::Box;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Controlling : public ::testing::Test {
 protected:
  Controller& make(Reconcile reconcile, ControllerOptions options = {}) {
    controller = std::make_unique<Controller>("boxes", std::move(reconcile), options, clock, metrics);
    return *controller;
  }
  const NamespacedName key{"n", "a"};
  cairn::testing::FakeClock clock;
  Metrics metrics;
  std::unique_ptr<Controller> controller;
};

TEST_F(Controlling, SuccessEndsItAResultComesBack) {
  int runs = 0;
  auto& boxes = make([&](const NamespacedName&, const std::stop_token&) -> Result {
    return ++runs == 1 ? Result{milliseconds(1000)} : Result{};
  });
  boxes.queue().add(key);
  EXPECT_TRUE(boxes.run_one());
  EXPECT_FALSE(boxes.run_one());
  clock.advance(milliseconds(1000));
  EXPECT_TRUE(boxes.run_one());
  clock.advance(milliseconds(100'000));
  EXPECT_FALSE(boxes.run_one());
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("controller_runtime_reconcile_total{controller=\"boxes\",result=\"requeue_after\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("controller_runtime_reconcile_total{controller=\"boxes\",result=\"success\"} 1\n"));
}

TEST_F(Controlling, FailuresComeBackWhateverTheirKind) {
  const Reason* why = &reason::kBusy;
  int runs = 0;
  auto& boxes = make([&](const NamespacedName&, const std::stop_token&) -> Result {
    ++runs;
    if (why == nullptr) throw std::logic_error("a defect");
    throw Error(*why, "no");
  });
  boxes.queue().add(key);
  boxes.run_one();
  clock.advance(milliseconds(5));
  EXPECT_TRUE(boxes.run_one());
  why = nullptr;
  clock.advance(milliseconds(10));
  EXPECT_TRUE(boxes.run_one());
  why = &reason::kInvalid;  // hopeless: not soon, but not never
  clock.advance(milliseconds(20));
  EXPECT_TRUE(boxes.run_one());
  clock.advance(milliseconds(599'999));
  EXPECT_FALSE(boxes.run_one());
  clock.advance(milliseconds(1));
  EXPECT_TRUE(boxes.run_one());
  EXPECT_EQ(runs, 5);
  EXPECT_THAT(metrics.expose(), HasSubstr("controller_runtime_reconcile_errors_total{controller=\"boxes\"} 5\n"));
  EXPECT_THAT(metrics.expose(),
              HasSubstr("controller_runtime_terminal_reconcile_errors_total{controller=\"boxes\"} 2\n"));
}

TEST_F(Controlling, TheStopWaitsForTheReconcileThatRuns) {
  std::stop_source stop;
  std::atomic<bool> began = false;
  std::atomic<bool> ended = false;
  Controller boxes(
      "boxes",
      [&](const NamespacedName&, const std::stop_token& token) -> Result {
        began = true;
        while (!token.stop_requested()) std::this_thread::sleep_for(milliseconds(1));
        std::this_thread::sleep_for(milliseconds(20));
        ended = true;
        return {};
      },
      {.workers = 3}, system_clock(), metrics);
  std::jthread thread([&] { boxes.run(stop.get_token()); });
  boxes.queue().add(key);
  while (!began) std::this_thread::sleep_for(milliseconds(1));
  stop.request_stop();
  thread.join();
  EXPECT_TRUE(ended);
}

json::value box(std::string_view name, int version, int generation, std::string_view owner = "") {
  json::object meta{{"name", name},
                    {"namespace", "n"},
                    {"uid", name},
                    {"resourceVersion", std::to_string(version)},
                    {"generation", generation}};
  if (!owner.empty()) {
    meta["ownerReferences"] = json::array{json::object{
        {"apiVersion", "cairn.test/v1"}, {"kind", "Box"}, {"name", owner}, {"uid", "u"}, {"controller", true}}};
  }
  return json::object{{"metadata", meta}, {"status", {{"seen", version}}}};
}

class Watching : public cairn::testing::KubeTest {
 protected:
  std::vector<std::string> queued() {
    std::vector<std::string> names;
    while (const auto key = controller.queue().try_take()) {
      names.push_back(key->name);
      controller.queue().done(*key);
    }
    return names;
  }
  Informer<Box> informer{client, Box::kind(), {}, clock, metrics};
  Controller controller{
      "boxes", [](const NamespacedName&, const std::stop_token&) -> Result { return {}; }, {}, clock, metrics};
};

TEST_F(Watching, OwnersOfBothStatesAreQueued) {
  controller.watch<Box>(informer, map_to_controller<Box>(Box::kind()));
  informer.store().changed(box("child", 1, 1, "one"));
  EXPECT_THAT(queued(), ElementsAre("one"));
  informer.store().changed(box("child", 2, 1, "two"));
  EXPECT_THAT(queued(), ElementsAre("one", "two"));
  informer.store().removed(box("child", 3, 1));
  EXPECT_THAT(queued(), ElementsAre("two"));
}

TEST_F(Watching, StatusWritesCanBeLeftOut) {
  controller.watch<Box>(informer, changes_more_than_status<Box>);
  informer.store().changed(box("a", 1, 1));
  EXPECT_THAT(queued(), ElementsAre("a"));
  informer.store().changed(box("a", 2, 1));
  EXPECT_THAT(queued(), ElementsAre());
  informer.store().changed(box("a", 3, 2));
  EXPECT_THAT(queued(), ElementsAre("a"));
}

}  // namespace
}  // namespace cairn::k8s
