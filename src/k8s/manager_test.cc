// SPDX-License-Identifier: Apache-2.0
#include "k8s/manager.h"

#include "k8s/reasons.h"
#include "support/http_session.h"
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
using ::testing::HasSubstr;

// Real time: threads wait for each other.
class Managing : public cairn::testing::KubeTest {
 protected:
  ManagerOptions options(std::string identity) {
    ManagerOptions options;
    options.client = KubeTest::options();
    options.client.retries.attempts = 1;
    options.probes = net::HttpServerOptions{};
    options.election = ElectionOptions{.lease = {"n", "cairn"},
                                       .identity = std::move(identity),
                                       .lease_duration = milliseconds(1500),
                                       .renew_deadline = milliseconds(1000),
                                       .retry = milliseconds(100)};
    return options;
  }
  static std::pair<int, std::string> probe(const Manager& manager, const std::string& path) {
    net::HttpClient client(cairn::testing::make_http_options());
    auto response = client.send(cairn::testing::make_get(fmt::format("http://127.0.0.1:{}{}", manager.port(), path)));
    return {response.status, cairn::testing::read_body(response)};
  }

  // A manager that counts what it reconciles.
  struct Running {
    Running(const Access& access, ManagerOptions options) : manager(access, std::move(options), system_clock()) {
      auto& boxes = manager.informer<Box>(Box::kind());
      auto& controller = manager.controller("box", [this](const NamespacedName&, const std::stop_token&) -> Result {
        ++reconciled;
        return {};
      });
      controller.watch<Box>(boxes);
    }
    void start() {
      thread = std::jthread([this](const std::stop_token& stop) {
        try {
          manager.run(stop);
        } catch (const Error& error) {
          failure = error.what();
        }
        ended = true;
      });
    }
    std::atomic<int> reconciled = 0;
    std::string failure;
    std::atomic<bool> ended = false;
    Manager manager;
    std::jthread thread;
  };
};

TEST_F(Managing, OneOfTwoWorksAndTheOtherTakesOver) {
  server.put(box_path("a"), {});
  Running first(access(), options("first"));
  first.start();
  ASSERT_TRUE(until([&] { return first.reconciled == 1; }));
  Running second(access(), options("second"));
  second.start();
  EXPECT_TRUE(until([&] { return second.manager.port() != 0; }));
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(second.reconciled, 0);
  EXPECT_EQ(probe(first.manager, "/readyz").first, 200);
  EXPECT_EQ(probe(second.manager, "/readyz").first, 503);
  EXPECT_EQ(probe(second.manager, "/healthz").first, 200);
  EXPECT_THAT(probe(first.manager, "/metrics").second, HasSubstr("leader_election_master_status{name=\"cairn\"} 1\n"));
  first.thread.request_stop();
  first.thread.join();
  EXPECT_EQ(first.failure, "");
  EXPECT_TRUE(until([&] { return second.reconciled == 1; }));
  EXPECT_TRUE(second.manager.leads());
}

TEST_F(Managing, LosingTheLeaseEndsIt) {
  Running only(access(), options("only"));
  only.start();
  ASSERT_TRUE(until([&] { return only.manager.leads(); }));
  server.intercept([](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.target.find("leases") == std::string::npos) return std::nullopt;
    return make_status(503, "ServiceUnavailable", "away");
  });
  EXPECT_TRUE(until([&] { return only.ended.load(); }));
  EXPECT_THAT(only.failure, HasSubstr("was not renewed"));
  EXPECT_FALSE(only.manager.leads());
}

TEST_F(Managing, AKindThatCannotBeListedIsNamed) {
  auto with = options("x");
  with.election = std::nullopt;
  with.sync_timeout = milliseconds(300);
  server.intercept([](const ServerRequest&) { return make_status(404, "NotFound", "no such kind"); });
  Running only(access(), with);
  only.start();
  EXPECT_TRUE(until([&] { return only.ended.load(); }));
  EXPECT_THAT(only.failure, HasSubstr("Box was not listed"));
}

TEST_F(Managing, AProcessThatWaitsForTheLeaseCanBeStopped) {
  Running first(access(), options("first"));
  first.start();
  ASSERT_TRUE(until([&] { return first.manager.leads(); }));
  Running second(access(), options("second"));
  second.start();
  std::this_thread::sleep_for(milliseconds(50));
  second.thread.request_stop();
  second.thread.join();
  EXPECT_EQ(second.failure, "");
  EXPECT_TRUE(first.manager.leads());
}

TEST_F(Managing, AFailingPartEndsAll) {
  auto with = options("x");
  with.election = std::nullopt;
  Running only(access(), with);
  only.manager.run_while_leading([](const std::stop_token&) { throw Error(reason::kBusy, "the part broke"); });
  only.start();
  EXPECT_TRUE(until([&] { return only.ended.load(); }));
  EXPECT_THAT(only.failure, HasSubstr("the part broke"));
}

}  // namespace
}  // namespace cairn::k8s
