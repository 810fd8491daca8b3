// SPDX-License-Identifier: Apache-2.0
#include "oci/tags.h"

#include "core/reasons.h"
#include "oci/reasons.h"
#include "support/registry_fixture.h"

#include <gmock/gmock.h>

namespace cairn::oci {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Tags : public RegistryTest {
 protected:
  std::vector<std::string> list(const FakeRegistry& registry, std::size_t most = 100) {
    return list_tags(Reference::parse(registry.name()), options(), most, world());
  }
  static FakeRegistry::Intercept answer(const std::string& begin, ServerResponse response) {
    return [=](const ServerRequest& request) -> std::optional<ServerResponse> {
      if (request.target.find(begin) == std::string::npos) return std::nullopt;
      return response;
    };
  }
};

TEST_F(Tags, AreThoseOfAllPages) {
  FakeRegistry registry([](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.target == "/v2/team/os/tags/list?n=1000") {
      return ServerResponse{.headers = {{"Link", "</v2/team/os/tags/list?last=b&n=1000>; rel=\"next\""}},
                            .body = R"({"name":"team/os","tags":["a","b"]})"};
    }
    if (request.target == "/v2/team/os/tags/list?last=b&n=1000") return ServerResponse{.body = R"({"tags":["c"]})"};
    return std::nullopt;
  });
  EXPECT_THAT(list(registry), ElementsAre("a", "b", "c"));
  EXPECT_EQ(refusal([&] { list(registry, 2); }).code, cairn::reason::kTooLarge.code);
}

TEST_F(Tags, MayBeNone) {
  FakeRegistry none(answer("tags/list", {.body = R"({"tags":null})"}));
  EXPECT_THAT(list(none), IsEmpty());
  FakeRegistry endless(answer("tags/list", {.headers = {{"Link", "<?n=1000>; rel=next"}}, .body = R"({"tags":[]})"}));
  EXPECT_THAT(list(endless), IsEmpty());
}

TEST_F(Tags, OfABadRegistryAreRefused) {
  FakeRegistry missing(answer("tags/list", {.status = 404, .body = R"({"errors":[{"code":"NAME_UNKNOWN"}]})"}));
  EXPECT_EQ(refusal([&] { list(missing); }).code, reason::kNoSuchImage.code);
  FakeRegistry strange(answer("tags/list", {.body = R"({"tags":["a",7]})"}));
  EXPECT_THAT(refusal([&] { list(strange); }).text, HasSubstr("tags[1]"));
  FakeRegistry elsewhere(answer(
      "tags/list", {.headers = {{"Link", "<http://127.0.0.1:1/v2/x>; rel=\"next\""}}, .body = R"({"tags":["a"]})"}));
  EXPECT_THAT(refusal([&] { list(elsewhere); }).text, HasSubstr("the next page is at http://127.0.0.1:1/"));
}

}  // namespace
}  // namespace cairn::oci
