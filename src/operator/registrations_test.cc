// SPDX-License-Identifier: Apache-2.0
#include "operator/registrations.h"

#include "api/conditions.h"
#include "api/names.h"
#include "operator/reasons.h"
#include "support/kube_fixture.h"

#include <gmock/gmock.h>

namespace cairn::fleet {
namespace {

using api::MachineRegistration;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr const char* kFolder = "/apis/elemental.cattle.io/v1beta1/namespaces/fleet/machineregistrations/";

class Registering : public cairn::testing::KubeTest {
 protected:
  // As somebody wrote it, `age` seconds ago.
  void put(const std::string& name, json::object spec, json::object annotations = {}, int age = 0) {
    server.put(kFolder + name, std::move(spec));
    json::value document = client.get(MachineRegistration::kind(), {"fleet", name});
    auto& metadata = document.at("metadata").as_object();
    metadata["annotations"] = std::move(annotations);
    metadata["creationTimestamp"] = object::to_text(object::Time(clock.wall() - std::chrono::seconds(age)));
    store.learn(client.update(MachineRegistration::kind(), document));
  }
  MachineRegistration reconciled(const std::string& name, const std::string& url = "https://cairn.example.com") {
    controller(url).reconcile({"fleet", name}, {});
    return client.get<MachineRegistration>({"fleet", name});
  }
  Registrations& controller(const std::string& url) {
    if (!current) current.emplace(client, store, events, url, clock);
    return *current;
  }
  static const object::Condition& ready(const MachineRegistration& registration) {
    return *object::find_condition(registration.status.conditions, api::condition::kReady);
  }

  k8s::EventRecorder events{client, "cairn-operator", clock, metrics};
  Registrations::Store store{"MachineRegistration"};
  std::optional<Registrations> current;
};

TEST_F(Registering, GivesATokenAndAnUrlOnce) {
  put("a", {});
  const auto first = reconciled("a");
  EXPECT_THAT(first.status.registration_token, MatchesRegex("[bcdfghjklmnpqrstvwxz2456789]+"));
  EXPECT_EQ(first.status.registration_token.size(), 54U);
  EXPECT_EQ(first.status.registration_url,
            "https://cairn.example.com/elemental/registration/" + first.status.registration_token);
  EXPECT_EQ(ready(first).status, object::Truth::yes);
  const auto again = reconciled("a");
  EXPECT_EQ(again.status.registration_token, first.status.registration_token);
  EXPECT_EQ(again.metadata.resource_version, first.metadata.resource_version) << "nothing changed, nothing is written";
}

TEST_F(Registering, TakesTheTokenOfTheSpecification) {
  put("a", {{"token", "shop-7"}});
  EXPECT_EQ(reconciled("a").status.registration_url, "https://cairn.example.com/elemental/registration/shop-7");
}

TEST_F(Registering, RotatesTheTokenWhenToldAndOnlyOnce) {
  put("a", {});
  const std::string first = reconciled("a").status.registration_token;
  json::value document = client.get(MachineRegistration::kind(), {"fleet", "a"});
  document.at("metadata").as_object()["annotations"] = json::object{{api::annotation::kRotateToken, "2026-11"}};
  store.learn(client.update(MachineRegistration::kind(), document));
  const auto second = reconciled("a");
  EXPECT_NE(second.status.registration_token, first);
  EXPECT_EQ(second.status.rotation, "2026-11");
  EXPECT_EQ(reconciled("a").status.registration_token, second.status.registration_token);
}

TEST_F(Registering, TheOldestHasATokenThatTwoWant) {
  put("young", {{"token", "same"}}, {}, 10);
  put("old", {{"token", "same"}}, {}, 20);
  const auto young = reconciled("young");
  EXPECT_EQ(ready(young).reason, api::registration_reason::kDuplicateToken);
  EXPECT_THAT(ready(young).message, HasSubstr("fleet/old"));
  EXPECT_EQ(young.status.registration_url, "");
  EXPECT_EQ(ready(reconciled("old")).status, object::Truth::yes);
}

TEST_F(Registering, WithoutTheOperatorsAddressItSaysWhatToSet) {
  put("a", {});
  const auto registration = reconciled("a", "");
  EXPECT_EQ(ready(registration).reason, api::registration_reason::kNoServerUrl);
  EXPECT_THAT(ready(registration).message, HasSubstr("--server-url"));
  EXPECT_EQ(registration.status.registration_url, "");
}

TEST(ServerUrl, IsHttpsWithoutAPath) {
  EXPECT_EQ(check_server_url(""), "");
  EXPECT_EQ(check_server_url("https://cairn.example.com/"), "https://cairn.example.com");
  EXPECT_EQ(check_server_url("https://[fd00::1]:8443"), "https://[fd00::1]:8443");
  for (const char* text : {"http://a", "https://a/b", "a", "https://user:x@a", "ftp://a"}) {
    EXPECT_THROW(check_server_url(text), Error) << text;
  }
}

}  // namespace
}  // namespace cairn::fleet
