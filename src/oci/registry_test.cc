// SPDX-License-Identifier: Apache-2.0
#include "support/registry_fixture.h"

#include "core/reasons.h"
#include "net/reasons.h"
#include "oci/reasons.h"

#include <gmock/gmock.h>

namespace cairn::oci {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Registry = RegistryTest;

TEST_F(Registry, GivesManifestsByTagAndDigestAndBlobs) {
  FakeRegistry registry;
  registry.add(image_, "v1");
  const auto by_tag = source(registry);
  const auto root = by_tag->get_root();
  EXPECT_EQ(root.text, image_.manifest);
  EXPECT_EQ(root.media_type, media_type::kManifest);
  EXPECT_EQ(root.digest, image_.digest);
  EXPECT_EQ(source(registry, "@" + image_.digest.text())->get_root().text, image_.manifest);
  const Descriptor& layer = image_.descriptors[0];
  EXPECT_EQ(read(*by_tag, layer), image_.blobs[layer.digest.text()]);
  EXPECT_EQ(read(*by_tag, layer), image_.blobs[layer.digest.text()]);
  EXPECT_EQ(registry.count("GET", "/blobs/"), 1U) << "the second reading is from the cache";
  EXPECT_THAT(registry.server().requests()[0].header("Accept"), HasSubstr("image.index.v1+json"));
}

struct RecordedProgress final : Progress {
  void step(std::string_view) override {}
  void bytes(std::uint64_t now, std::optional<std::uint64_t> all) override {
    const std::scoped_lock lock(mutex);
    done = std::max(done, now);
    total = all.value_or(0);
  }
  void finish() override {}
  std::mutex mutex;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

TEST_F(Registry, PrefetchesInParallelAndEachBlobOnce) {
  FakeRegistry registry;
  registry.add(image_, "v1");
  const auto from = source(registry);
  const std::vector<Descriptor> wanted = {image_.descriptors[0], image_.descriptors[1], image_.descriptors[0]};
  RecordedProgress progress;
  from->prefetch(wanted, progress);
  EXPECT_EQ(registry.count("GET", "/blobs/"), 2U);
  EXPECT_EQ(progress.total, image_.descriptors[0].size + image_.descriptors[1].size);
  EXPECT_EQ(progress.done, progress.total);
  read(*from, image_.descriptors[1]);
  EXPECT_EQ(registry.count("GET", "/blobs/"), 2U);
}

TEST_F(Registry, SaysWhatIsMissingAndWhatToDo) {
  FakeRegistry registry;
  const auto found = refusal([&] { source(registry, ":nope")->get_root(); });
  EXPECT_EQ(found.code, reason::kNoSuchImage.code);
  EXPECT_THAT(found.text, AllOf(HasSubstr("manifest nope"), HasSubstr("team/os"), HasSubstr("MANIFEST_UNKNOWN")));
  EXPECT_THAT(found.remedy, HasSubstr("tag"));
  const auto blob = refusal([&] { read(*source(registry), image_.descriptors[0]); });
  EXPECT_EQ(blob.code, reason::kNoSuchImage.code);
  EXPECT_THAT(blob.text, AllOf(HasSubstr(image_.descriptors[0].digest.text()), HasSubstr("404")));
}

TEST_F(Registry, RefusesAManifestThatIsNotWhatItsDigestSays) {
  const auto answer_with = [&](std::string text, std::string told) {
    return FakeRegistry::Intercept([=](const ServerRequest&) -> std::optional<ServerResponse> {
      ServerResponse response{.body = text};
      if (!told.empty()) response.headers.emplace_back("Docker-Content-Digest", told);
      return response;
    });
  };
  FakeRegistry swapped(answer_with("{}", ""));
  EXPECT_EQ(refusal([&] { source(swapped, "@" + image_.digest.text())->get_root(); }).code,
            cairn::reason::kDigestMismatch.code);
  FakeRegistry lying(answer_with(image_.manifest, "sha256:" + std::string(64, 'a')));
  EXPECT_EQ(refusal([&] { source(lying)->get_root(); }).code, cairn::reason::kDigestMismatch.code);
  FakeRegistry hostile(answer_with(image_.manifest, "sha256:../../x"));
  EXPECT_EQ(refusal([&] { source(hostile)->get_root(); }).code, cairn::reason::kDigestMismatch.code);
  FakeRegistry endless(answer_with(std::string(kMaxDocument + 1, ' '), ""));
  EXPECT_EQ(refusal([&] { source(endless)->get_root(); }).code, cairn::reason::kTooLarge.code);
  Descriptor descriptor{.media_type = "", .digest = image_.digest, .size = image_.manifest.size() + 1};
  FakeRegistry registry;
  registry.add(image_, "v1");
  EXPECT_EQ(refusal([&] { source(registry)->get_manifest(descriptor); }).code, cairn::reason::kDigestMismatch.code);
}

TEST_F(Registry, RefusesBlobsThatAreWrongShortOrLong) {
  const Descriptor& layer = image_.descriptors[0];
  const std::string right = image_.blobs[layer.digest.text()];
  for (const std::string& bytes : {make_noise(right.size(), 9), right.substr(0, 1000), right + "x"}) {
    FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
      if (request.target.find("/blobs/") == std::string::npos) return std::nullopt;
      return ServerResponse{.body = bytes};
    });
    EXPECT_EQ(refusal([&] { read(*source(registry), layer); }).code, cairn::reason::kDigestMismatch.code);
    EXPECT_TRUE(std::filesystem::is_empty(tree_.path("cache/blobs/sha256")));
  }
}

TEST_F(Registry, WaitsAsLongAsItIsAskedAndGoesOn) {
  int refusals = 3;
  FakeRegistry registry([&](const ServerRequest&) -> std::optional<ServerResponse> {
    if (refusals == 0) return std::nullopt;
    --refusals;
    return ServerResponse{.status = refusals == 1 ? 503 : 429, .headers = {{"Retry-After", "7"}}};
  });
  registry.add(image_, "v1");
  EXPECT_EQ(source(registry)->get_root().digest, image_.digest);
  ASSERT_EQ(clock_.sleeps().size(), 3U);
  EXPECT_GE(clock_.sleeps()[0], milliseconds(7000));
}

TEST_F(Registry, AsksAgainForAManifestThatWasCut) {
  std::atomic<int> cuts{2};
  FakeRegistry registry([&](const ServerRequest&) -> std::optional<ServerResponse> {
    if (cuts-- <= 0) return std::nullopt;
    return ServerResponse{.body = image_.manifest, .cut_after = 10};
  });
  registry.add(image_, "v1");
  EXPECT_EQ(source(registry)->get_root().digest, image_.digest);
}

TEST_F(Registry, SaysRateLimitWhenItLasts) {
  FakeRegistry registry([&](const ServerRequest&) { return ServerResponse{.status = 429}; });
  const auto found = refusal([&] { source(registry)->get_root(); });
  EXPECT_EQ(found.code, reason::kRateLimit.code);
  EXPECT_THAT(found.text, HasSubstr("limits requests"));
}

TEST_F(Registry, ResumesCutBlobsWithoutGettingAnythingTwice) {
  const Descriptor& layer = image_.descriptors[0];
  std::atomic<std::uint64_t> sent{0};
  const std::string bytes = image_.blobs[layer.digest.text()];
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.target.find("/blobs/") == std::string::npos) return std::nullopt;
    const std::string range = request.header("Range");
    const std::size_t from = range.empty() ? 0 : std::stoul(range.substr(6));
    const std::size_t part = std::min<std::size_t>(40'000, bytes.size() - from);
    sent += part;
    ServerResponse response{.body = bytes.substr(from), .cut_after = part};
    if (from + part == bytes.size()) response.cut_after.reset();
    if (range.empty()) return response;
    response.status = 206;
    response.headers = {{"Content-Range", fmt::format("bytes {}-{}/{}", from, bytes.size() - 1, bytes.size())}};
    return response;
  });
  EXPECT_EQ(read(*source(registry), layer), bytes);
  EXPECT_EQ(sent, bytes.size());
}

TEST_F(Registry, GetsATokenForExactlyWhatItNeeds) {
  TokenRegistry server;
  server.registry.add(image_, "v1");
  EXPECT_EQ(source(server.registry)->get_root().digest, image_.digest);
  const auto token = server.registry.server().requests().at(1);
  EXPECT_EQ(token.target, "/token?service=my%20registry&scope=repository%3Ateam%2Fos%3Apull");
  EXPECT_FALSE(token.has("Authorization"));
}

TEST_F(Registry, LogsInAtTheTokenServiceOfItsOwnHost) {
  TokenRegistry server;
  server.wanted = "me:hush";
  server.registry.add(image_, "v1");
  const std::string host = server.registry.name().substr(0, server.registry.name().find('/'));
  const auto anonymous = refusal([&] { source(server.registry)->get_root(); });
  EXPECT_EQ(anonymous.code, reason::kLogin.code);
  EXPECT_THAT(anonymous.text, HasSubstr("no credentials are known"));
  EXPECT_THAT(anonymous.remedy, HasSubstr("docker login " + host));
  log_in(host, login("me:wrong"));
  const auto wrong = refusal([&] { source(server.registry)->get_root(); });
  EXPECT_EQ(wrong.code, reason::kLogin.code);
  EXPECT_THAT(wrong.text, AllOf(HasSubstr("does not take the credentials"), Not(HasSubstr("wrong"))));
  log_in(host, login("me:hush"));
  EXPECT_EQ(source(server.registry)->get_root().digest, image_.digest);
}

TEST_F(Registry, SendsAnIdentityTokenInABody) {
  TokenRegistry server;
  server.refresh = "a%2Fb";
  server.registry.add(image_, "v1");
  log_in(server.registry.name().substr(0, server.registry.name().find('/')), R"({"identitytoken":"a/b"})");
  EXPECT_EQ(source(server.registry)->get_root().digest, image_.digest);
  EXPECT_EQ(server.registry.count("POST", "/token"), 1U);
}

TEST_F(Registry, KeepsCredentialsFromATokenServiceOnAForeignHost) {
  HttpServer foreign([](const ServerRequest&) { return ServerResponse{.status = 401}; });
  TokenRegistry server("http://localhost:" + std::to_string(foreign.port()) + "/token");
  log_in(server.registry.name().substr(0, server.registry.name().find('/')), login("me:hush"));
  EXPECT_EQ(refusal([&] { source(server.registry)->get_root(); }).code, reason::kLogin.code);
  ASSERT_EQ(foreign.requests().size(), 1U);
  EXPECT_FALSE(foreign.requests()[0].has("Authorization"));
}

TEST_F(Registry, TakesNoTokenServiceWithoutTls) {
  // The registry is plain HTTP because it was asked for; one that speaks TLS must not name a service that does not.
  net::HttpClient client;
  Authorizer authorizer({.registry = net::Url::parse("https://registry.example.org/v2/"),
                         .name = "registry.example.org",
                         .repository = "team/os",
                         .access = Access::pull,
                         .plain_http = true},
                        client, CredentialStore(std::nullopt, world().environment, system_runner()), {}, clock_);
  const net::Headers answer{{"WWW-Authenticate", "Bearer realm=\"http://auth.example.org/token\""}};
  const auto found = refusal([&] { authorizer.renew(answer, authorizer.current(), {}); });
  EXPECT_EQ(found.code, reason::kUnsafeAuth.code);
}

TEST_F(Registry, RenewsATokenThatExpiresInTheMiddle) {
  TokenRegistry server;
  server.uses_per_token = 1;
  server.registry.add(image_, "v1");
  const auto from = source(server.registry);
  from->get_root();
  for (const Descriptor& layer : image_.descriptors) EXPECT_EQ(read(*from, layer), image_.blobs[layer.digest.text()]);
  EXPECT_GE(server.expired, 2);
}

TEST_F(Registry, GivesUpWhenANewTokenIsNotTakenEither) {
  TokenRegistry server;
  server.uses_per_token = 0;
  server.uses_left = 0;
  server.registry.add(image_, "v1");
  EXPECT_EQ(refusal([&] { source(server.registry)->get_root(); }).code, reason::kLogin.code);
  EXPECT_LE(server.registry.server().requests().size(), 4U) << "it must not go round in circles";
  EXPECT_EQ(refusal([&] { read(*source(server.registry), image_.descriptors[0]); }).code, reason::kLogin.code);
}

TEST_F(Registry, LogsInByBasicAuthentication) {
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.header("Authorization") == "Basic " + encode_base64("me:hush")) return std::nullopt;
    return ServerResponse{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
  });
  registry.add(image_, "v1");
  EXPECT_EQ(refusal([&] { source(registry)->get_root(); }).code, reason::kLogin.code);
  log_in(registry.name().substr(0, registry.name().find('/')), login("me:bad"));
  const auto wrong = refusal([&] { source(registry)->get_root(); });
  EXPECT_THAT(wrong.text, AllOf(HasSubstr("the credentials are wrong"), Not(HasSubstr("bad"))));
  log_in(registry.name().substr(0, registry.name().find('/')), login("me:hush"));
  EXPECT_EQ(source(registry)->get_root().digest, image_.digest);
}

TEST_F(Registry, LeavesCredentialsBehindWhenABlobIsElsewhere) {
  const Descriptor& layer = image_.descriptors[0];
  HttpServer storage([&](const ServerRequest&) { return ServerResponse{.body = image_.blobs[layer.digest.text()]}; });
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.header("Authorization").empty()) {
      return ServerResponse{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
    }
    if (request.target.find("/blobs/") == std::string::npos) return std::nullopt;
    return ServerResponse{.status = 307, .headers = {{"Location", storage.url("/signed")}}};
  });
  registry.add(image_, "v1");
  log_in(registry.name().substr(0, registry.name().find('/')), login("me:hush"));
  const auto from = source(registry);
  from->get_root();
  EXPECT_EQ(read(*from, layer), image_.blobs[layer.digest.text()]);
  EXPECT_FALSE(storage.requests().at(0).has("Authorization"));
}

TEST_F(Registry, AnswersNoQuestionForCredentialsFromElsewhere) {
  std::string realm;
  HttpServer elsewhere([&](const ServerRequest&) {
    return ServerResponse{.status = 401, .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\""}}};
  });
  realm = elsewhere.url("/token");
  FakeRegistry registry([&](const ServerRequest&) {
    return ServerResponse{.status = 307, .headers = {{"Location", elsewhere.url("/x")}}};
  });
  log_in(registry.name().substr(0, registry.name().find('/')), login("me:hush"));
  EXPECT_EQ(refusal([&] { source(registry)->get_root(); }).code, reason::kLogin.code);
  EXPECT_EQ(elsewhere.requests().size(), 1U);
  EXPECT_FALSE(elsewhere.requests().at(0).has("Authorization"));
}

TEST_F(Registry, SendsAnIdentityTokenNowhereElse) {
  HttpServer elsewhere([](const ServerRequest&) { return ServerResponse{}; });
  FakeRegistry registry([&](const ServerRequest& request) {
    if (request.target.starts_with("/token")) {
      return ServerResponse{.status = 307, .headers = {{"Location", elsewhere.url("/token")}}};
    }
    const std::string realm = "http://" + request.header("Host") + "/token";
    return ServerResponse{.status = 401, .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\""}}};
  });
  log_in(registry.name().substr(0, registry.name().find('/')), R"({"identitytoken":"hush"})");
  EXPECT_EQ(refusal([&] { source(registry)->get_root(); }).code, reason::kLogin.code);
  EXPECT_EQ(registry.count("POST", "/token"), 1U);
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(Registry, SpeaksTlsUnlessToldOtherwise) {
  FakeRegistry registry;
  registry.add(image_, "v1");
  SourceOptions strict = options();
  strict.plain_http = false;
  RegistryWorld impatient = world();
  impatient.policy.attempts = 1;
  const auto found =
      refusal([&] { make_registry_source(Reference::parse(registry.name() + ":v1"), strict, impatient)->get_root(); });
  EXPECT_THAT(found.text, HasSubstr("registry 127.0.0.1:"));
  EXPECT_TRUE(registry.server().requests().empty()) << "loopback is no exception";
}

}  // namespace
}  // namespace cairn::oci
