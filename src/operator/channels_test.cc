// SPDX-License-Identifier: Apache-2.0
#include "operator/channels.h"

#include "api/conditions.h"
#include "api/names.h"
#include "net/reasons.h"
#include "support/kube_fixture.h"

#include <gmock/gmock.h>

namespace cairn::fleet {
namespace {

using api::ManagedOSImage;
using api::ManagedOSVersion;
using api::ManagedOSVersionChannel;
using ::testing::HasSubstr;

constexpr const char* kFolder = "/apis/elemental.cattle.io/v1beta1/namespaces/fleet/";

class Syncing : public cairn::testing::KubeTest {
 protected:
  void put(json::object spec) {
    server.put(std::string(kFolder) + "managedosversionchannels/edge", std::move(spec));
    learn<ManagedOSVersionChannel>(channels, "edge");
  }
  static json::object valid() {
    return {{"type", "json"}, {"syncInterval", "1h"}, {"options", {{"uri", "https://example.com/c.json"}}}};
  }
  template <class T>
  void learn(k8s::Store<T>& store, const std::string& name) {
    store.learn(client.get(T::kind(), {"fleet", name}));
  }
  static ListedVersion version(const std::string& name) {
    ListedVersion listed{.name = name, .spec = {}};
    listed.spec.version = name;
    listed.spec.type = "container";
    listed.spec.metadata["upgradeImage"] = "os:" + name;
    return listed;
  }
  k8s::Result reconcile() { return syncing.reconcile({"fleet", "edge"}, {}); }
  ManagedOSVersionChannel channel() { return client.get<ManagedOSVersionChannel>({"fleet", "edge"}); }
  std::string ready() {
    const auto now = channel();
    const auto* found = object::find_condition(now.status.conditions, api::condition::kReady);
    return found == nullptr ? "" : found->reason + ": " + found->message;
  }
  std::optional<ManagedOSVersion> find(const std::string& name) {
    return client.find<ManagedOSVersion>({"fleet", name});
  }
  bool in_sync(const std::string& name) {
    return !find(name)->metadata.annotations.contains(api::annotation::kNoLongerInSync);
  }

  k8s::EventRecorder events{client, "cairn-operator", clock, metrics};
  k8s::Store<ManagedOSVersionChannel> channels{"ManagedOSVersionChannel"};
  k8s::Store<ManagedOSVersion> versions{"ManagedOSVersion"};
  k8s::Store<ManagedOSImage> images{"ManagedOSImage"};
  Listing offered;
  std::optional<Error> failure;
  int asked = 0;
  Channels syncing{client,
                   {channels, versions, images},
                   events,
                   [this](const ChannelPlan&, const std::string&, const std::stop_token&) {
                     ++asked;
                     if (failure) throw Error(*failure);
                     return offered;
                   },
                   clock};
};

TEST_F(Syncing, MakesWhatIsOfferedAndComesBackAfterTheInterval) {
  put(valid());
  offered.versions = {version("v1"), version("v2")};
  EXPECT_EQ(reconcile().again_after, milliseconds(3'600'000));
  EXPECT_EQ(ready(), "Synchronized: 2 versions");
  const auto made = find("v1");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->metadata.labels.at(api::label::kChannel), "edge");
  EXPECT_EQ(object::find_controller(made->metadata)->name, "edge");
  const std::string before = made->metadata.resource_version;
  EXPECT_LE(reconcile().again_after, milliseconds(3'600'000));
  EXPECT_EQ(asked, 1) << "it is not due";
  clock.sleep(milliseconds(3'601'000), {});
  reconcile();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(find("v1")->metadata.resource_version, before) << "what did not change is not written";
}

TEST_F(Syncing, MarksWhatIsGoneAndTakesTheMarkBack) {
  put(valid());
  offered.versions = {version("v1"), version("v2")};
  reconcile();
  offered.versions = {version("v2")};
  clock.sleep(milliseconds(3'601'000), {});
  reconcile();
  EXPECT_FALSE(in_sync("v1"));
  EXPECT_TRUE(in_sync("v2"));
  offered.versions = {version("v1"), version("v2")};
  clock.sleep(milliseconds(3'601'000), {});
  reconcile();
  EXPECT_TRUE(in_sync("v1"));
}

TEST_F(Syncing, DeletesWhatIsGoneOnlyIfNobodyUsesIt) {
  json::object spec = valid();
  spec["deleteNoLongerInSyncVersions"] = true;
  put(spec);
  offered.versions = {version("v1"), version("v2")};
  reconcile();
  server.put(std::string(kFolder) + "managedosimages/fleet", {{"managedOSVersionName", "v1"}});
  learn<ManagedOSImage>(images, "fleet");
  offered.versions = {};
  clock.sleep(milliseconds(3'601'000), {});
  reconcile();
  EXPECT_FALSE(in_sync("v1"));
  EXPECT_FALSE(find("v2"));
}

TEST_F(Syncing, AVersionOfSomebodyElseIsLeftAloneAndNamed) {
  server.put(std::string(kFolder) + "managedosversions/v1", {{"version", "mine"}});
  learn<ManagedOSVersion>(versions, "v1");
  put(valid());
  offered.versions = {version("v1"), version("v2")};
  reconcile();
  EXPECT_EQ(find("v1")->spec.version, "mine");
  EXPECT_TRUE(find("v2"));
  EXPECT_THAT(ready(), HasSubstr("Synchronized: 1 version; 1 left out: version v1"));
}

TEST_F(Syncing, AFailureIsToldCountedAndTriedAgain) {
  put(valid());
  failure = Error(net::reason::kConnect, "no route to example.com");
  EXPECT_THROW(reconcile(), Error);
  EXPECT_THAT(ready(), HasSubstr("FailedToSync: no route to example.com; "));
  EXPECT_THROW(reconcile(), Error);
  EXPECT_EQ(channel().status.failed_synchronization_attempts, 2);
  failure.reset();
  reconcile();
  EXPECT_EQ(channel().status.failed_synchronization_attempts, 0);
  EXPECT_THAT(ready(), HasSubstr("Synchronized"));
}

TEST_F(Syncing, WhatCannotWorkIsSaidAndNotTried) {
  put({{"type", "json"}, {"options", json::object()}});
  EXPECT_FALSE(reconcile().again_after);
  EXPECT_THAT(ready(), HasSubstr("InvalidConfiguration: spec.options.uri: is missing"));
  put({{"type", "custom"}, {"options", {{"image", "x"}}}});
  reconcile();
  EXPECT_THAT(ready(), HasSubstr("custom channels run a container"));
  EXPECT_TRUE(object::is_true(channel().status.conditions, api::condition::kNotSupported));
  EXPECT_EQ(asked, 0);
}

TEST_F(Syncing, ADisabledChannelAsksNothingAndMarksItsVersions) {
  put(valid());
  offered.versions = {version("v1")};
  reconcile();
  json::object spec = valid();
  spec["enabled"] = false;
  put(spec);
  reconcile();
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(in_sync("v1"));
  EXPECT_THAT(ready(), HasSubstr("ChannelDisabled"));
}

TEST_F(Syncing, TheRegistryOfTheChannelComesBeforeTheImage) {
  json::object spec = valid();
  spec["registry"] = "mirror.example.com";
  put(spec);
  offered.versions = {version("v1")};
  reconcile();
  EXPECT_EQ(find("v1")->spec.metadata.at("upgradeImage"), "mirror.example.com/os:v1");
}

}  // namespace
}  // namespace cairn::fleet
