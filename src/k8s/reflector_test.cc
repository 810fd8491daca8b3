// SPDX-License-Identifier: Apache-2.0
#include "k8s/reflector.h"

#include "k8s/informer.h"
#include "k8s/reasons.h"
#include "support/kube_fixture.h"

#include <gmock/gmock.h>

#include <thread>

namespace cairn::k8s {
namespace {

using cairn::testing::Box;
using cairn::testing::box_path;
using cairn::testing::make_status;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Runs an informer against the fake server until what is waited for is there.
class Informing : public cairn::testing::KubeTest {
 protected:
  Informing() {
    informer.store().add_index("by-text", [](const Box& box) { return std::vector{box.spec.text}; });
    informer.store().add_handler([this](const Store<Box>::Change& change) {
      const std::scoped_lock lock(mutex);
      const std::string name = (change.after ? change.after : change.before)->metadata.name;
      told.push_back((!change.before ? "+" : !change.after ? "-" : "~") + name);
    });
  }

 public:
  ~Informing() override { thread.request_stop(); }

 protected:
  void start() {
    thread = std::jthread([this](const std::stop_token& stop) { informer.run(stop); });
    EXPECT_TRUE(until([&] { return informer.synced(); }));
  }
  std::vector<std::string> take() {
    const std::scoped_lock lock(mutex);
    return std::exchange(told, {});
  }
  std::size_t lists() {
    std::size_t count = 0;
    for (const auto& request : server.http().requests()) {
      count +=
          request.target.find("watch=") == std::string::npos && request.target.find("limit=1") == std::string::npos;
    }
    return count;
  }
  std::size_t watches() { return server.count("GET", "/apis/cairn.test/v1/boxes?watch"); }

  Informer<Box> informer{client, Box::kind(), {}, clock, metrics};
  std::mutex mutex;
  std::vector<std::string> told;
  std::jthread thread;
};

json::object sized(std::int64_t size) { return {{"size", size}}; }

TEST_F(Informing, ItHasWhatIsThereAndWhatHappens) {
  server.put(box_path("a"), sized(1));
  start();
  EXPECT_THAT(take(), ElementsAre("+a"));
  server.put(box_path("b"), {{"text", "x"}});
  server.put(box_path("a"), sized(2));
  EXPECT_TRUE(until([&] { return informer.store().size() == 2; }));
  EXPECT_TRUE(until([&] { return informer.store().find({"n", "a"})->spec.size == 2; }));
  EXPECT_THAT(take(), ElementsAre("+b", "~a"));
  EXPECT_EQ(informer.store().find_by("by-text", "x").at(0)->metadata.name, "b");
  server.put(box_path("b"), {{"text", "y"}});
  EXPECT_TRUE(until([&] { return !informer.store().find_by("by-text", "y").empty(); }));
  EXPECT_THAT(informer.store().find_by("by-text", "x"), IsEmpty());
  server.remove(box_path("b"));
  EXPECT_TRUE(until([&] { return informer.store().size() == 1; }));
  EXPECT_EQ(lists(), 1U);
}

TEST_F(Informing, AForgottenVersionLeadsToANewListAndOnlyDifferencesAreTold) {
  for (const char* name : {"a", "b", "c"}) server.put(box_path(name), sized(1));
  start();
  take();
  std::atomic<bool> away = true;
  server.intercept([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    return away && request.target.find("watch=") != std::string::npos
               ? std::optional(ServerResponse{.framing = ServerResponse::Framing::chunked})
               : std::nullopt;
  });
  until([&, before = watches()] { return watches() > before + 1; });  // no watch that began before is running
  server.remove(box_path("a"));
  server.put(box_path("b"), sized(2));
  server.compact();
  away = false;
  EXPECT_TRUE(until([&] { return informer.store().size() == 2; }));
  EXPECT_TRUE(until([&] { return informer.store().find({"n", "b"})->spec.size == 2; }));
  auto changes = take();
  std::sort(changes.begin(), changes.end());
  EXPECT_THAT(changes, ElementsAre("-a", "~b"));
  EXPECT_EQ(lists(), 2U);
}

TEST_F(Informing, AfterABookmarkNothingIsSentAgain) {
  server.put(box_path("a"), sized(1));
  start();
  server.put("/apis/cairn.test/v1/namespaces/n/others/x", {});  // the version moves on by what we don't watch
  const std::string version = server.find("/apis/cairn.test/v1/namespaces/n/others/x")
                                  ->at("metadata")
                                  .at("resourceVersion")
                                  .as_string()
                                  .c_str();
  EXPECT_TRUE(until([&] {
    return server.count("GET",
                        "/apis/cairn.test/v1/boxes?watch=true&allowWatchBookmarks=true&resourceVersion=" + version) > 0;
  }));
  server.compact();  // from before the bookmark it would be forgotten
  take();
  until([&, before = watches()] { return watches() > before + 3; });
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(lists(), 1U);
}

TEST_F(Informing, ARestoredServerIsBelieved) {
  server.put(box_path("a"), sized(1));
  const auto before = server.snapshot();
  server.put(box_path("a"), sized(2));
  server.put(box_path("b"), sized(2));
  start();
  EXPECT_EQ(informer.store().size(), 2U);
  server.restore(before);
  EXPECT_TRUE(until([&] { return informer.store().size() == 1; }));
  EXPECT_EQ(informer.store().find({"n", "a"})->spec.size, 1);
}

TEST_F(Informing, AServerThatWasAwayIsListedAnewEvenAtAHigherVersion) {
  server.put(box_path("a"), sized(1));
  const auto before = server.snapshot();
  server.put(box_path("a"), sized(2));  // version 102
  start();
  std::atomic<bool> away = true;
  server.intercept([&](const ServerRequest&) -> std::optional<ServerResponse> {
    return away ? std::optional(make_status(503, "ServiceUnavailable", "starting")) : std::nullopt;
  });
  until([&, count = server.http().requests().size()] { return server.http().requests().size() > count + 6; });
  server.restore(before);
  server.put(box_path("x"), sized(7));
  server.put(box_path("y"), sized(7));
  server.remove(box_path("x"));  // another history, ahead of ours
  away = false;
  EXPECT_TRUE(until([&] { return informer.store().find({"n", "a"})->spec.size == 1; }));
  EXPECT_TRUE(informer.store().find({"n", "y"}));
}

TEST_F(Informing, AnObjectThatCannotBeReadStopsNoOther) {
  server.put(box_path("a"), {{"size", "many"}});
  server.put(box_path("b"), sized(1));
  start();
  EXPECT_THAT(take(), ElementsAre("+b"));
  server.put(box_path("b"), {{"size", "many"}});  // the last that could be read stays
  server.put(box_path("c"), sized(1));
  EXPECT_TRUE(until([&] { return informer.store().find({"n", "c"}) != nullptr; }));
  EXPECT_EQ(informer.store().find({"n", "b"})->spec.size, 1);
}

TEST_F(Informing, FailuresWaitLongerAndLonger) {
  server.intercept([](const ServerRequest&) { return make_status(403, "Forbidden", "no"); });
  thread = std::jthread([this](const std::stop_token& stop) { informer.run(stop); });
  EXPECT_TRUE(until([&] { return clock.sleeps().size() > 12; }));
  const auto sleeps = clock.sleeps();
  EXPECT_LE(*std::max_element(sleeps.begin(), sleeps.end()), milliseconds(30'000));
  EXPECT_GT(*std::max_element(sleeps.begin() + 5, sleeps.end()), milliseconds(800));
  EXPECT_FALSE(informer.synced());
}

TEST(Store, WhatWeWroteIsSeenAtOnceAndOlderNewsIsIgnored) {
  Store<Box> store("Box");
  const auto version = [](int number, int size) {
    return json::value(json::object{
        {"metadata", {{"name", "a"}, {"namespace", "n"}, {"uid", "u"}, {"resourceVersion", std::to_string(number)}}},
        {"spec", {{"size", size}}}});
  };
  store.changed(version(9, 1));
  store.learn(version(12, 3));
  EXPECT_EQ(store.find({"n", "a"})->spec.size, 3);
  store.changed(version(10, 2));
  EXPECT_EQ(store.find({"n", "a"})->spec.size, 3);
  store.learn(version(11, 4));
  EXPECT_EQ(store.find({"n", "a"})->spec.size, 3);
  store.begin_list();  // a list says what is, whatever the version
  store.list_item(version(5, 9));
  store.end_list();
  EXPECT_EQ(store.find({"n", "a"})->spec.size, 9);
}

TEST(Store, ANewObjectUnderAnOldNameIsTwoChanges) {
  Store<Box> store("Box");
  std::vector<std::string> told;
  store.add_handler([&](const Store<Box>::Change& change) {
    told.push_back((change.before ? change.before->metadata.uid : "") + ">" +
                   (change.after ? change.after->metadata.uid : ""));
  });
  for (const char* uid : {"1", "2"}) {
    store.changed(json::object{{"metadata", {{"name", "a"}, {"uid", uid}, {"resourceVersion", uid}}}});
  }
  EXPECT_THAT(told, ElementsAre(">1", "1>", ">2"));
}

TEST(WatchOrder, VersionsAreComparedAsNumbersOnly) {
  EXPECT_TRUE(is_older("9", "10"));
  EXPECT_FALSE(is_older("10", "9"));
  EXPECT_FALSE(is_older("10", "10"));
  EXPECT_FALSE(is_older("a", "b"));
}

}  // namespace
}  // namespace cairn::k8s
