// SPDX-License-Identifier: Apache-2.0
#include "object/meta.h"

#include "object/kind.h"
#include "object/reasons.h"

#include <gtest/gtest.h>

namespace cairn::object {
namespace {

OwnerReference owner(std::string uid, bool controller) {
  return {
      .api_version = "v1", .kind = "Box", .name = "box-" + uid, .uid = uid, .controller = controller, .unknown = {}};
}

TEST(Meta, AnObjectHasOneController) {
  ObjectMeta meta;
  set_owner(meta, owner("1", true));
  set_owner(meta, owner("2", false));
  set_owner(meta, owner("1", true));  // again
  ASSERT_EQ(meta.owner_references.size(), 2U);
  EXPECT_EQ(find_controller(meta)->uid, "1");
  try {
    set_owner(meta, owner("3", true));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kOtherController.code);
  }
}

TEST(Meta, FinalizersSayWhetherAnythingChanged) {
  ObjectMeta meta;
  EXPECT_TRUE(add_finalizer(meta, "a/b"));
  EXPECT_FALSE(add_finalizer(meta, "a/b"));
  EXPECT_TRUE(has_finalizer(meta, "a/b"));
  EXPECT_TRUE(remove_finalizer(meta, "a/b"));
  EXPECT_FALSE(remove_finalizer(meta, "a/b"));
}

TEST(Meta, PathsOfKinds) {
  const Kind secret{.group = "", .version = "v1", .name = "Secret", .plural = "secrets"};
  EXPECT_EQ(secret.path("ns"), "/api/v1/namespaces/ns/secrets");
  EXPECT_EQ(secret.path(""), "/api/v1/secrets");
  const Kind crd{.group = "g.io", .version = "v1beta1", .name = "C", .plural = "cs", .scope = Kind::Scope::cluster};
  EXPECT_EQ(crd.path(NamespacedName{"", "x"}), "/apis/g.io/v1beta1/cs/x");
  EXPECT_EQ(crd.api_version(), "g.io/v1beta1");
}

}  // namespace
}  // namespace cairn::object
