// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "k8s/client.h"
#include "support/box.h"
#include "support/fake_api_server.h"
#include "support/fake_clock.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace cairn::testing {

// A client of a fake API server, with time that passes only by sleeping.
class KubeTest : public ::testing::Test {
 protected:
  k8s::Access access() {
    k8s::Access access;
    access.server = net::Url::parse(server.url());
    return access;
  }
  static k8s::Client::Options options() {
    k8s::Client::Options options;
    options.environment = [](const std::string&) { return std::nullopt; };
    return options;
  }
  // Waits, in real time, for what another thread does.
  static bool until(const std::function<bool()>& holds) {
    for (int i = 0; i < 4000 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(5));
    return holds();
  }

  FakeApiServer server;
  FakeClock clock;
  k8s::Metrics metrics;
  k8s::Client client{access(), options(), clock, metrics};
};

}  // namespace cairn::testing
