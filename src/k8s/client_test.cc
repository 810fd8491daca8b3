// SPDX-License-Identifier: Apache-2.0
#include "k8s/client.h"

#include "k8s/finalizers.h"
#include "k8s/reasons.h"
#include "k8s/watch_stream.h"
#include "support/kube_fixture.h"
#include "support/temp_tree.h"

#include <gmock/gmock.h>

namespace cairn::k8s {
namespace {

using cairn::testing::Box;
using cairn::testing::box_path;
using cairn::testing::make_status;
using cairn::testing::ServerRequest;
using cairn::testing::ServerResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Client : public cairn::testing::KubeTest {
 protected:
  Error failure(const std::function<void()>& act) {
    try {
      act();
    } catch (const Error& error) {
      return error;
    }
    return Error(reason::kBadAnswer, "no failure");
  }
  std::vector<std::string> names(ListOptions options, int* restarts = nullptr) {
    std::vector<std::string> names;
    client.list(
        Box::kind(), options,
        [&](const json::value& item) { names.emplace_back(item.at("metadata").at("name").as_string()); },
        [&] {
          names.clear();
          if (restarts != nullptr) ++*restarts;
        });
    return names;
  }
};

TEST_F(Client, ObjectsAreMadeReadChangedAndRemoved) {
  Box box;
  box.metadata.name = "a";
  box.metadata.name_space = "n";
  box.spec.size = 3;
  Box made = client.create(box);
  EXPECT_FALSE(made.metadata.uid.empty());
  made.spec.size = 4;
  const Box updated = client.update(made);
  EXPECT_NE(updated.metadata.resource_version, made.metadata.resource_version);
  EXPECT_EQ(client.get<Box>({"n", "a"}).spec.size, 4);
  EXPECT_EQ(failure([&] { client.update(made); }).reason().code, reason::kConflict.code);
  EXPECT_EQ(failure([&] { client.create(box); }).reason().code, reason::kAlreadyExists.code);
  client.patch(Box::kind(), {"n", "a"}, PatchType::merge, json::object{{"spec", {{"text", "x"}}}});
  EXPECT_EQ(client.get<Box>({"n", "a"}).spec.text, "x");
  EXPECT_EQ(failure([&] {
              client.remove(Box::kind(), {"n", "a"}, {.uid = "other"});
            })
                .reason()
                .code,
            reason::kConflict.code);
  EXPECT_TRUE(client.remove(Box::kind(), {"n", "a"}, {.uid = made.metadata.uid}));
  EXPECT_FALSE(client.remove(Box::kind(), {"n", "a"}));
  EXPECT_EQ(client.find<Box>({"n", "a"}), std::nullopt);
}

TEST_F(Client, RequestsSayWhoWrites) {
  client.apply(Box::kind(), json::object{{"metadata", {{"name", "a"}, {"namespace", "n"}}}}, "status");
  const auto request = server.http().requests().back();
  EXPECT_EQ(request.target, box_path("a") + "/status?fieldManager=cairn&force=false");
  EXPECT_EQ(request.header("Content-Type"), "application/apply-patch+yaml");
}

TEST_F(Client, ListsComeInPages) {
  for (const char* name : {"a", "b", "c", "d", "e"}) server.put(box_path(name), {});
  EXPECT_THAT(names({.page = 2}), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(server.count("GET", "/apis/cairn.test/v1/boxes"), 3U);
  EXPECT_THAT(names({.name_space = "other"}), ElementsAre());
}

TEST_F(Client, AListWhoseVersionIsForgottenBeginsAnew) {
  for (const char* name : {"a", "b", "c"}) server.put(box_path(name), {});
  server.intercept([&, done = false](const ServerRequest& request) mutable -> std::optional<ServerResponse> {
    if (request.target.find("continue=") == std::string::npos || std::exchange(done, true)) return std::nullopt;
    return make_status(410, "Expired", "too old");
  });
  int restarts = 0;
  EXPECT_THAT(names({.page = 2}, &restarts), ElementsAre("a", "b", "c"));
  EXPECT_EQ(restarts, 1);
}

TEST_F(Client, ErrorsOfTheServerHaveTheirReasons) {
  const std::pair<std::pair<int, const char*>, const Reason*> cases[] = {
      {{404, "NotFound"}, &reason::kNotFound},
      {{403, "Forbidden"}, &reason::kForbidden},
      {{401, "Unauthorized"}, &reason::kUnauthorized},
      {{422, "Invalid"}, &reason::kInvalid},
      {{410, "Expired"}, &reason::kExpired},
      {{500, "InternalError"}, &reason::kServerError},
      {{504, "Timeout"}, &reason::kServerTimeout},
      {{429, "TooManyRequests"}, &reason::kBusy},
      {{409, "AlreadyExists"}, &reason::kAlreadyExists}};
  for (const auto& [said, expected] : cases) {
    server.intercept([said = said](const ServerRequest&) { return make_status(said.first, said.second, "the cause"); });
    const Error error = failure([&] { client.get(Box::kind(), {"n", "a"}); });
    EXPECT_EQ(error.reason().code, expected->code) << said.second;
    EXPECT_THAT(error.message(), HasSubstr("get Box n/a: the cause"));
  }
  server.intercept([](const ServerRequest&) { return ServerResponse{.status = 502, .body = "bad gateway\nmore"}; });
  EXPECT_THAT(failure([&] { client.get(Box::kind(), {"n", "a"}); }).message(), HasSubstr("status 502: bad gateway"));
}

TEST_F(Client, ABusyServerIsAskedAgainAfterTheTimeItWants) {
  server.put(box_path("a"), {});
  server.intercept([n = 0](const ServerRequest&) mutable -> std::optional<ServerResponse> {
    if (++n > 2) return std::nullopt;
    auto busy = make_status(429, "TooManyRequests", "slow down");
    busy.headers.emplace_back("Retry-After", "7");
    return busy;
  });
  Box box;
  box.metadata.name = "b";
  box.metadata.name_space = "n";
  client.create(box);  // 429 means that nothing was done: a write is repeated, too
  ASSERT_EQ(clock.sleeps().size(), 2U);
  EXPECT_GE(clock.sleeps()[0], std::chrono::seconds(7));
}

TEST_F(Client, AWriteThatMayHaveBeenDoneIsNotRepeated) {
  server.intercept([](const ServerRequest&) { return make_status(500, "InternalError", "etcd"); });
  Box box;
  box.metadata.name = "b";
  box.metadata.name_space = "n";
  EXPECT_EQ(failure([&] { client.create(box); }).reason().code, reason::kServerError.code);
  EXPECT_EQ(server.count("POST", "/"), 1U);
  EXPECT_EQ(failure([&] { client.get(Box::kind(), {"n", "a"}); }).reason().code, reason::kServerError.code);
  EXPECT_EQ(server.count("GET", "/"), 5U);
}

TEST_F(Client, KeysThatWouldChangeThePathAreRefused) {
  for (const char* name : {"", ".", "..", "a/b"}) {
    EXPECT_EQ(failure([&] { client.get(Box::kind(), {"n", name}); }).reason().code, reason::kInvalid.code) << name;
  }
  EXPECT_EQ(failure([&] { client.get(Box::kind(), {"", "a"}); }).reason().code, reason::kInvalid.code);
  client.find(Box::kind(), {"n", "a?x=1#%2e"});
  EXPECT_EQ(server.http().requests().back().target, box_path("a%3Fx%3D1%23%252e"));
}

TEST_F(Client, ATokenFileIsReadAgainWhenTheServerRefuses) {
  const cairn::testing::TempTree tree;
  Access with_token = access();
  with_token.token_file = tree.write("token", "old\n");
  k8s::Client other(with_token, options(), clock, metrics);
  server.put(box_path("a"), {});
  server.intercept([](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.header("Authorization") == "Bearer new") return std::nullopt;
    return make_status(401, "Unauthorized", "who?");
  });
  EXPECT_EQ(failure([&] { other.get(Box::kind(), {"n", "a"}); }).reason().code, reason::kUnauthorized.code);
  tree.write("token", "new");
  other.get(Box::kind(), {"n", "a"});
}

TEST_F(Client, ObjectsOfAnyDepthCanBeRead) {
  std::string deep;
  for (int i = 0; i < 9'000; ++i) deep += R"({"a":)";
  deep += "1" + std::string(9'000, '}');
  server.intercept([&](const ServerRequest&) {
    return ServerResponse{
        .body =
            R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"x"},"spec":{"any":)" + deep + "}}]}"};
  });
  int count = 0;
  client.list(
      Box::kind(), {},
      [&](const json::value& item) { count += object::decode<Box>(item, "Box").spec.unknown.members.size() == 1; },
      [] {});
  EXPECT_EQ(count, 1);
}

TEST_F(Client, AWatchTellsWhatHappenedSince) {
  const auto first = server.put(box_path("a"), {});
  server.put(box_path("b"), {});
  server.remove(box_path("a"));
  const auto stream = client.watch(Box::kind(), {}, first.at("metadata").at("resourceVersion").as_string());
  std::vector<ChangeType> types;
  std::string version;
  while (const auto event = stream->next()) {
    types.push_back(event->type);
    version = event->resource_version;
  }
  EXPECT_THAT(types, ElementsAre(ChangeType::added, ChangeType::deleted, ChangeType::bookmark));
  server.compact();
  server.put(box_path("c"), {});
  EXPECT_NO_THROW(client.watch(Box::kind(), {}, version)->next());
  EXPECT_EQ(failure([&] { client.watch(Box::kind(), {}, "1")->next(); }).reason().code, reason::kExpired.code);
}

TEST_F(Client, FinalizersOfOthersAreNotLost) {
  server.put(box_path("a"), {});
  Box mine = client.get<Box>({"n", "a"});
  Box theirs = mine;
  EXPECT_TRUE(ensure_finalizer(client, Box::kind(), theirs.metadata, "other/x"));
  EXPECT_EQ(failure([&] { ensure_finalizer(client, Box::kind(), mine.metadata, "cairn/x"); }).reason().code,
            reason::kConflict.code);
  mine = client.get<Box>({"n", "a"});
  EXPECT_TRUE(ensure_finalizer(client, Box::kind(), mine.metadata, "cairn/x"));
  EXPECT_FALSE(ensure_finalizer(client, Box::kind(), mine.metadata, "cairn/x"));
  EXPECT_THAT(client.get<Box>({"n", "a"}).metadata.finalizers, ElementsAre("other/x", "cairn/x"));
  client.remove(Box::kind(), {"n", "a"});
  mine = client.get<Box>({"n", "a"});
  EXPECT_TRUE(mine.metadata.deleting());
  EXPECT_TRUE(drop_finalizer(client, Box::kind(), mine.metadata, "cairn/x"));
  EXPECT_TRUE(drop_finalizer(client, Box::kind(), mine.metadata, "other/x"));
  EXPECT_EQ(client.find<Box>({"n", "a"}), std::nullopt);
}

TEST_F(Client, RequestsAreCounted) {
  client.find(Box::kind(), {"n", "a"});
  EXPECT_THAT(metrics.expose(), HasSubstr("rest_client_requests_total{code=\"404\",host=\"127.0.0.1:"));
  EXPECT_THAT(metrics.expose(), HasSubstr("# TYPE rest_client_request_duration_seconds histogram"));
}

}  // namespace
}  // namespace cairn::k8s
