// SPDX-License-Identifier: Apache-2.0
#include "k8s/events.h"

#include "support/kube_fixture.h"

#include <gmock/gmock.h>

namespace cairn::k8s {
namespace {

using cairn::testing::Box;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using ::testing::HasSubstr;

class Telling : public cairn::testing::KubeTest {
 protected:
  object::ObjectReference box(std::string name) {
    Box box;
    box.metadata = {.name = name, .name_space = "n", .uid = "uid-of-" + name};
    return make_reference(box);
  }
  std::vector<json::value> sent() {
    std::vector<json::value> events;
    static const Kind kind{.group = "", .version = "v1", .name = "Event", .plural = "events"};
    client.list(
        kind, {}, [&](const json::value& event) { events.emplace_back(event, json::storage_ptr()); }, [] {});
    return events;
  }
};

TEST_F(Telling, TheSameAgainIsCounted) {
  {
    EventRecorder events(client, "cairn-operator", clock, metrics);
    for (int i = 0; i < 3; ++i) events.record(box("a"), EventType::warning, "Failed", "it broke");
    events.record(box("a"), EventType::warning, "Failed", "it broke otherwise");
  }
  const auto all = sent();
  ASSERT_EQ(all.size(), 2U);
  for (const auto& event : all) {
    EXPECT_EQ(event.at("involvedObject").at("uid"), "uid-of-a");
    EXPECT_EQ(event.at("source").at("component"), "cairn-operator");
    EXPECT_EQ(event.at("count"), event.at("message") == "it broke" ? 3 : 1);
  }
}

TEST_F(Telling, WhoSaysTooMuchIsCutShort) {
  {
    EventRecorder events(client, "cairn", clock, metrics);
    for (int i = 0; i < 60; ++i) events.record(box("a"), EventType::normal, "Said", std::to_string(i));
    events.record(box("b"), EventType::normal, "Said", "once");
  }
  EXPECT_EQ(sent().size(), 26U);
  EXPECT_THAT(metrics.expose(), HasSubstr("cairn_events_dropped_total{cause=\"object says too much\"} 35\n"));
}

TEST_F(Telling, AnEventThatIsGoneIsMadeAgain) {
  EventRecorder events(client, "cairn", clock, metrics);
  events.record(box("a"), EventType::normal, "Said", "x");
  const auto until = [&](const std::function<bool()>& holds) {
    for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(5));
    return holds();
  };
  ASSERT_TRUE(until([&] { return sent().size() == 1; }));
  server.remove("/api/v1/namespaces/n/events/" + std::string(sent()[0].at("metadata").at("name").as_string()));
  clock.advance(milliseconds(1));
  events.record(box("a"), EventType::normal, "Said", "x");
  EXPECT_TRUE(until([&] { return sent().size() == 1; }));
}

TEST_F(Telling, AServerThatRefusesDisturbsNobody) {
  server.intercept([](const ServerRequest&) { return cairn::testing::make_status(403, "Forbidden", "no"); });
  EventRecorder events(client, "cairn", clock, metrics);
  events.record(box("a"), EventType::normal, "Said", std::string(5000, 'x'));
}

}  // namespace
}  // namespace cairn::k8s
