// SPDX-License-Identifier: Apache-2.0
#include "oci/push.h"

#include "core/reasons.h"
#include "oci/reasons.h"
#include "oci/targets.h"
#include "support/registry_fixture.h"

#include <gmock/gmock.h>

namespace cairn::oci {
namespace {

using ::testing::HasSubstr;

class Push : public RegistryTest {
 protected:
  std::unique_ptr<ImageTarget> target(const FakeRegistry& registry) {
    return make_registry_target(Reference::parse(registry.name() + ":v2"), options(), world());
  }
  void put_layer(ImageTarget& to) {
    const Descriptor& layer = image_.descriptors[0];
    to.put_blob(layer, [&] { return std::make_unique<TextSource>(image_.blobs[layer.digest.text()]); });
  }
};

TEST_F(Push, SendsABlobOnce) {
  FakeRegistry registry;
  const auto to = target(registry);
  put_layer(*to);
  put_layer(*to);
  EXPECT_EQ(registry.count("PUT", "/blobs/uploads/1?state=x&digest=sha256%3A"), 1U);
  EXPECT_EQ(registry.blob(image_.descriptors[0].digest.text()), image_.blobs[image_.descriptors[0].digest.text()]);
}

TEST_F(Push, SendsABlobAgainThatTheRegistryHasInAnotherSize) {
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.method != "HEAD") return std::nullopt;
    return ServerResponse{.claimed_length = 3};
  });
  put_layer(*target(registry));
  EXPECT_EQ(registry.count("PUT", "/blobs/uploads/"), 1U);
}

TEST_F(Push, SendsNothingWithoutTlsThatBeganWithIt) {
  HttpServer storage([](const ServerRequest&) { return ServerResponse{.status = 201}; });
  HttpServer registry(
      [&](const ServerRequest& request) {
        if (request.method == "HEAD") return ServerResponse{.status = 404};
        return ServerResponse{.status = 202, .headers = {{"Location", storage.url("/put")}}};
      },
      {});
  SourceOptions secure = options();
  secure.plain_http = false;
  secure.ca_file = tree_.write("ca.pem", HttpServer::ca_pem());
  const auto to =
      make_registry_target(Reference::parse(fmt::format("localhost:{}/team/os:v2", registry.port())), secure, world());
  EXPECT_EQ(refusal([&] { put_layer(*to); }).code, reason::kUnsafeAuth.code);
  EXPECT_TRUE(storage.requests().empty());
}

TEST_F(Push, PutsNothingIntoALayoutUnderAWrongName) {
  const auto to = make_layout_target(tree_.path("l"));
  const Descriptor& layer = image_.descriptors[0];
  const auto found = refusal([&] { to->put_blob(layer, [] { return std::make_unique<TextSource>("wrong"); }); });
  EXPECT_EQ(found.code, cairn::reason::kDigestMismatch.code);
  EXPECT_TRUE(std::filesystem::is_empty(tree_.path("l/blobs/sha256")));
}

TEST_F(Push, BeginsAgainAfterACut) {
  std::atomic<int> failures{2};
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.method == "PUT" && failures-- > 0) return ServerResponse{.status = 503};
    return std::nullopt;
  });
  put_layer(*target(registry));
  EXPECT_EQ(registry.count("POST", "/blobs/uploads/"), 3U);
}

TEST_F(Push, SendsNoCredentialsToAnUploadPlaceElsewhere) {
  HttpServer storage([](const ServerRequest&) { return ServerResponse{.status = 201}; });
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.header("Authorization").empty()) {
      return ServerResponse{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
    }
    if (request.method != "POST") return std::nullopt;
    return ServerResponse{.status = 202, .headers = {{"Location", storage.url("/put?signature=x")}}};
  });
  log_in(registry.name().substr(0, registry.name().find('/')), login("me:hush"));
  put_layer(*target(registry));
  EXPECT_FALSE(storage.requests().at(0).has("Authorization"));
  EXPECT_THAT(storage.requests().at(0).target, HasSubstr("/put?signature=x&digest=sha256%3A"));
}

TEST_F(Push, ChecksWhatTheRegistrySaysItStored) {
  FakeRegistry registry([&](const ServerRequest& request) -> std::optional<ServerResponse> {
    if (request.method != "PUT") return std::nullopt;
    return ServerResponse{.status = 201, .headers = {{"Docker-Content-Digest", "sha256:" + std::string(64, 'a')}}};
  });
  const auto to = target(registry);
  EXPECT_EQ(refusal([&] { put_layer(*to); }).code, cairn::reason::kDigestMismatch.code);
  EXPECT_EQ(refusal([&] { to->put_manifest(media_type::kManifest, image_.manifest, "v2"); }).code,
            cairn::reason::kDigestMismatch.code);
}

TEST_F(Push, AsksForATokenThatMayWrite) {
  TokenRegistry server;
  put_layer(*target(server.registry));
  EXPECT_EQ(server.registry.count("GET", "scope=repository%3Ateam%2Fos%3Apull%2Cpush"), 1U);
}

TEST_F(Push, CopiesAnImageBetweenLayoutAndRegistryUnchanged) {
  FakeRegistry registry;
  image_.write_layout(tree_, "layout", "v1");
  const Platform platform{.os = "linux", .architecture = "amd64", .variant = ""};
  const auto copy = [&](const std::string& from, const std::string& to) {
    const Image image = Image::open(SourceSpec::parse(from), platform, options());
    return copy_image(image, SourceSpec::parse(to), options(), silent_progress());
  };
  EXPECT_EQ(copy("oci:" + tree_.path("layout").string() + ":v1", registry.name() + ":v2"), image_.digest);
  EXPECT_EQ(registry.tag("v2"), image_.digest.text());
  EXPECT_EQ(copy(registry.name() + ":v2", "oci:" + tree_.path("back").string() + ":v3"), image_.digest);
  const Image back = Image::open(SourceSpec::parse("oci:" + tree_.path("back").string() + ":v3"), platform, options());
  EXPECT_EQ(back.document().text, image_.manifest);
  EXPECT_EQ(read_text(*back.open_layer(1), 1 << 20, "layer"), image_.layers[1]);
  EXPECT_EQ(refusal([&] {
              copy(registry.name() + ":v2", "oci:" + tree_.path("x").string() + "@sha256:" + std::string(64, 'a'));
            }).code,
            reason::kBadTarget.code);
  EXPECT_EQ(refusal([&] { copy(registry.name() + ":v2", "dir:/nowhere"); }).code, reason::kBadTarget.code);
}

}  // namespace
}  // namespace cairn::oci
