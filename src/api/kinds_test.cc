// SPDX-License-Identifier: Apache-2.0
#include "api/conditions.h"
#include "api/machine_inventory.h"
#include "api/machine_registration.h"
#include "api/managed_os_version_channel.h"
#include "object/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Kinds, AnUnsetRegistrationHasTheDefaultsOfElemental) {
  const MachineRegistration registration;
  EXPECT_TRUE(registration.spec.config.elemental.reset.reset_persistent);
  EXPECT_EQ(registration.spec.config.elemental.registration.auth, "tpm");
  EXPECT_FALSE(registration.spec.approval.has_value());
  EXPECT_FALSE(registration.spec.config.elemental.registration.emulate_tpm);
}

TEST(Kinds, FieldsThatNobodyActsOnAreTold) {
  MachineRegistration registration;
  EXPECT_THAT(object::find_unsupported(registration.spec, "spec"), ElementsAre());
  registration.spec.config.network.configurator = "nmc";
  registration.spec.config.elemental.install.eject_cd = true;
  const auto paths = object::find_unsupported(registration.spec, "spec");
  EXPECT_THAT(paths, ElementsAre("spec.config.network", "spec.config.elemental.install.eject-cd"));

  const object::Time now(object::Moment{});
  EXPECT_TRUE(tell_unsupported(registration.status.conditions, paths, 3, now));
  const auto* told = object::find_condition(registration.status.conditions, condition::kNotSupported);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->status, object::Truth::yes);
  EXPECT_EQ(told->observed_generation, 3);
  EXPECT_THAT(told->message, HasSubstr("spec.config.network, spec.config.elemental.install.eject-cd;"));
  EXPECT_FALSE(tell_unsupported(registration.status.conditions, paths, 3, now));
  EXPECT_TRUE(tell_unsupported(registration.status.conditions, {}, 3, now));
  EXPECT_TRUE(registration.status.conditions.empty());
}

TEST(Kinds, TheContainerOfAChannelHasOnlySwitches) {
  ManagedOSVersionChannel channel;
  channel.spec.upgrade_container = ContainerSpec{.image = "a", .envs = {{.name = "FORCE", .value = "true"}}};
  EXPECT_THAT(object::find_unsupported(channel.spec, "spec"), ElementsAre("spec.upgradeContainer.image"));
}

TEST(Kinds, AnInventoryIsWeakOrStrongButItsHashIsAHash) {
  const auto problems =
      object::find_problems(parse_json(R"({"metadata": {"name": "m"}, "spec": {"tpmHash": "nonsense"}})", ""),
                            object::make_schema<MachineInventory>());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "spec.tpmHash");
}

}  // namespace
}  // namespace cairn::api
