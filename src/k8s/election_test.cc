// SPDX-License-Identifier: Apache-2.0
#include "k8s/election.h"

#include "core/reasons.h"
#include "k8s/reasons.h"
#include "support/kube_fixture.h"

#include <gmock/gmock.h>

namespace cairn::k8s {
namespace {

using cairn::testing::make_status;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;

class Electing : public cairn::testing::KubeTest {
 protected:
  static ElectionOptions as(std::string identity) { return {.lease = {"n", "cairn"}, .identity = std::move(identity)}; }
  static Client::Options hasty() {
    auto options = KubeTest::options();
    options.retries.attempts = 1;
    return options;
  }
  std::string holder() { return hasty_client.get<Lease>({"n", "cairn"}).spec.holder_identity; }

  k8s::Client hasty_client{access(), hasty(), clock, metrics};
  Election a{hasty_client, as("a"), clock};
  Election b{hasty_client, as("b"), clock};
};

TEST_F(Electing, OneLeadsTheOtherTakesOverWhenItIsSilent) {
  EXPECT_TRUE(a.try_once({}));
  EXPECT_FALSE(b.try_once({}));
  for (int i = 0; i < 20; ++i) {
    clock.advance(milliseconds(2000));
    EXPECT_TRUE(a.try_once({}));
    EXPECT_FALSE(b.try_once({})) << i;
  }
  clock.advance(milliseconds(10'000));
  EXPECT_FALSE(a.holds());  // overdue: it must not act, whatever the Lease says
  EXPECT_FALSE(b.try_once({}));
  clock.advance(milliseconds(5'000));
  EXPECT_TRUE(b.try_once({}));
  EXPECT_EQ(holder(), "b");
  EXPECT_EQ(client.get<Lease>({"n", "cairn"}).spec.lease_transitions, 1);
  EXPECT_FALSE(a.try_once({}));
  EXPECT_FALSE(a.holds());
}

TEST_F(Electing, AClockThatIsWrongDoesNotMatter) {
  cairn::testing::FakeClock wrong(Clock::Wall(std::chrono::seconds(1'900'000'000)));
  Election late(hasty_client, as("late"), wrong);
  EXPECT_TRUE(a.try_once({}));
  EXPECT_FALSE(late.try_once({}));  // by wall clocks the lease ended years ago
}

TEST_F(Electing, ALeaseThatWasGivenAwayIsTakenAtOnce) {
  a.acquire({});
  EXPECT_TRUE(a.holds());
  a.release();
  EXPECT_FALSE(a.holds());
  EXPECT_EQ(holder(), "");
  EXPECT_TRUE(b.try_once({}));
}

TEST_F(Electing, ItIsLostWhenItCannotBeRenewed) {
  a.acquire({});
  server.intercept([](const ServerRequest&) { return make_status(503, "ServiceUnavailable", "away"); });
  const auto begin = clock.steady();
  try {
    a.renew({});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kLeaseLost.code);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("not renewed for 10 s"));
  }
  EXPECT_LE(clock.steady() - begin, milliseconds(12'000));
  EXPECT_FALSE(a.holds());
}

TEST_F(Electing, ItIsLostWhenAnotherHasIt) {
  a.acquire({});
  Lease lease = client.get<Lease>({"n", "cairn"});
  lease.spec.holder_identity = "thief";
  client.update(lease);
  try {
    a.renew({});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("held by thief"));
  }
}

TEST_F(Electing, OfTwoThatWriteAtOnceOneIsRefused) {
  EXPECT_TRUE(a.try_once({}));
  a.release();
  // Between b's read and its write, a takes it again.
  server.intercept([&, done = false](const ServerRequest& request) mutable -> std::optional<ServerResponse> {
    if (request.method == "PUT" && !std::exchange(done, true)) a.try_once({});
    return std::nullopt;
  });
  EXPECT_THROW(b.try_once({}), Error);
  EXPECT_EQ(holder(), "a");
}

}  // namespace
}  // namespace cairn::k8s
